// A rate given as a share of saturation: measures what the baseline runtime can do at most, with a
// short closed loop of the same sizes, and makes an absolute rate of it. Leaves out the run that is
// then measured at that rate.
#pragma once

#include "harness/conductor/interrupts.hpp"
#include "harness/conductor/outcome.hpp"
#include "harness/conductor/pinning.hpp"
#include "harness/conductor/run_request.hpp"

namespace skein::conductor {

/// Sets request.asked.rate_per_s where request.rate_share is given, and out.saturation_per_s.
/// Throws cell_ended, saying that it is about the baseline, when that cannot be measured. A
/// disturbed measurement is made once more; where that is disturbed, too, the run is invalid: how
/// much load its rate is would not be known.
void settle_rate(run_request& request, const pinning& pins, const interrupts& signals,
                 outcome& out);

/// The closed loop that finds the saturation.
run_request baseline_request(const run_request& request);

/// What the baseline's measurement means for the run that follows.
void adopt_reasons(const outcome& baseline, outcome& out);

/// To three significant digits, so that it can be typed again.
double typeable_rate(double rate_per_s);

}  // namespace skein::conductor
