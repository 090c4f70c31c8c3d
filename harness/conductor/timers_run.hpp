// One timers cell, from a fresh process to its results. Leaves out judging and recording them.
#pragma once

#include "harness/conductor/interrupts.hpp"
#include "harness/conductor/outcome.hpp"
#include "harness/conductor/run_request.hpp"

namespace skein::conductor {

/// How long before the first deadline the first task is spawned; the same for every runtime.
time_ns timers_lead_ns(const run_request& request);

time_ns timers_timeout_ns(const run_request& request);

/// As measure_c10k. When spawning ends after the first deadline, the run is repeated once, in a
/// fresh process, with four times the lead; if that is too late again, the run is invalid.
void measure_timers(run_request& request, const pinning& pins, const interrupts& signals,
                    outcome& out);

}  // namespace skein::conductor
