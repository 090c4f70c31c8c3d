// One cell of a workload that is served under a load, from two fresh processes to their results.
// Leaves out judging the results (validity.hpp, lint.hpp) and recording them.
#pragma once

#include "harness/conductor/outcome.hpp"
#include "harness/conductor/processes/interrupts.hpp"
#include "harness/conductor/run_request.hpp"

namespace skein::conductor {

/// The default timeout of the whole cell.
time_ns served_timeout_ns(const run_request& request);

/// Fills `out`, and the style of the asked cell where a foreign worker states it. Throws
/// cell_ended, interrupted, or std::system_error. Both processes have ended when it returns or
/// throws.
void measure_served(run_request& request, const pinning& pins, const interrupts& signals,
                    outcome& out);

}  // namespace skein::conductor
