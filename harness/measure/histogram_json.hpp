// A histogram as the record and the worker protocol carry it, and the one rule for which
// percentiles may be printed. Leaves out slices over time, which the load generator adds.
#pragma once

#include <cstdint>
#include <limits>

#include "harness/measure/json.hpp"
#include "histogram/histogram.hpp"

namespace skein::measure {

/// How many values a high percentile needs before it is a number and not null. p50 and p90 need one
/// value. These thresholds stand only here.
struct percentile_rule {
  std::int64_t p99_min_count;
  std::int64_t p999_min_count;
  std::int64_t p9999_min_count;

  /// What is published: 200 values beyond each percentile.
  static constexpr percentile_rule published() { return {20'000, 200'000, 2'000'000}; }
  /// Every percentile from the first value on: for runs of test size.
  static constexpr percentile_rule any() { return {1, 1, 1}; }
};

/// {"count","min","mean","stddev","p50","p90","p99","p999","p9999","max","overflow","early_count",
/// "early_max_ns","histogram"}; times in ns. All statistics are null when count is 0, and
/// early_max_ns is null when nothing was early.
json to_json(const histogram& source, percentile_rule rule = percentile_rule::published());

/// The way back, exact in counts, min, max, overflow and early firings.
/// Throws std::runtime_error when a field is missing, malformed or contradicts the payload's count.
histogram histogram_from_json(const json& object);

}  // namespace skein::measure
