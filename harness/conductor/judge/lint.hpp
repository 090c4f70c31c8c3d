// Contradictions inside a run, checked before it is written: a record that contradicts itself is a
// failed run, whatever its numbers are. Leaves out evidence from outside (validity.hpp).
#pragma once

#include <string>
#include <vector>

#include "harness/conductor/outcome.hpp"

namespace skein::conductor {

/// What is wrong; empty when nothing is. A run must satisfy:
/// - echoed equals the cell;
/// - work's checksum is the expected one;
/// - in each distribution min <= p50 <= p90 <= ... <= max, min <= mean <= max, and the payload
///   holds as many values as `count` says;
/// - latency, service_time and lateness hold one sample for each completion of the window;
/// - no timer fired so late that it is beyond the histogram's range and in no percentile;
/// - no timer fired earlier than the worker says its timers may, and no reply came before its
///   request, or before its handler's wait was over.
std::vector<std::string> lint(const cell& asked, const outcome& out);

/// Throws cell_ended (status failed) with everything that lint() finds, if it finds anything.
void refuse_contradictions(const cell& asked, const outcome& out);

/// The part that looks at one distribution; `expected` samples where that is known.
std::vector<std::string> lint_distribution(const std::string& name, const measure::distribution& of,
                                           std::optional<std::int64_t> expected,
                                           time_ns early_by_at_most_ns = 0);

}  // namespace skein::conductor
