// A rate given as a share of saturation: measures the most that the baseline runtime can do, with a
// short closed loop of the same sizes, and turns the share into an absolute rate. Leaves out the
// run that is then measured at that rate.
#pragma once

#include "harness/conductor/outcome.hpp"
#include "harness/conductor/prepare/pinning.hpp"
#include "harness/conductor/processes/interrupts.hpp"
#include "harness/conductor/run_request.hpp"

namespace skein::conductor {

/// Sets the rate of request.asked where request.rate_share is given, and out.saturation_per_s.
/// Throws cell_ended, saying that it is about the baseline, when that cannot be measured. A
/// disturbed measurement is made once more; if that is disturbed too, the run is invalid, because
/// how much load its rate means would not be known.
void settle_rate(run_request& request, const pinning& pins, const interrupts& signals,
                 outcome& out);

/// The closed loop that finds the saturation. Where the cell's buffers are the runtime's own
/// choice, the baseline's are lent: none of ours has such a choice.
run_request baseline_request(const run_request& request);

/// Carries over to the run what the baseline's measurement means for it.
void adopt_reasons(const outcome& baseline, outcome& out);

/// Rounds to three significant digits, so that the rate can be typed again.
double typeable_rate(double rate_per_s);

}  // namespace skein::conductor
