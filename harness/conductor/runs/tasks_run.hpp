// One cell of a workload whose tasks do their work and end, from a fresh process to its results.
// Leaves out judging and recording them.
#pragma once

#include "harness/conductor/outcome.hpp"
#include "harness/conductor/processes/interrupts.hpp"
#include "harness/conductor/run_request.hpp"

namespace skein::conductor {

/// As measure_served. When spawning ends after the epoch, the run is repeated in a fresh process,
/// with four and then with sixteen times the lead; if that is too late again, the run is invalid.
void measure_tasks(run_request& request, const pinning& pins, const interrupts& signals,
                   outcome& out);

}  // namespace skein::conductor
