// One c10k cell, from two fresh processes to what they said. Leaves out judging it (validity.hpp,
// lint.hpp) and recording it.
#pragma once

#include "harness/conductor/interrupts.hpp"
#include "harness/conductor/outcome.hpp"
#include "harness/conductor/run_request.hpp"

namespace skein::conductor {

/// How long the whole cell may take at most, when the command line does not say.
time_ns c10k_timeout_ns(const run_request& request);

/// Fills `out`, and the asked cell's style where a foreign worker says it. Throws cell_ended,
/// interrupted, or std::system_error; both processes are gone when it returns or throws.
void measure_c10k(run_request& request, const pinning& pins, const interrupts& signals,
                  outcome& out);

}  // namespace skein::conductor
