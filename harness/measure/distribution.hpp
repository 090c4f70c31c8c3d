// A distribution of times as messages and records have it, and the one rule for which percentiles
// may be printed. Leaves out how it is encoded (hdr_codec.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/measure/fields.hpp"
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

/// Times in ns. All statistics are empty when count is 0, and early_max_ns when nothing was early.
struct distribution {
  std::int64_t count = 0;
  std::optional<std::int64_t> min;
  std::optional<double> mean;
  std::optional<double> stddev;
  std::optional<std::int64_t> p50;
  std::optional<std::int64_t> p90;
  std::optional<std::int64_t> p99;
  std::optional<std::int64_t> p999;
  std::optional<std::int64_t> p9999;
  std::optional<std::int64_t> max;
  std::int64_t overflow = 0;
  std::int64_t early_count = 0;
  std::optional<std::int64_t> early_max_ns;
  std::string histogram;  ///< HdrHistogram V2, compressed, base64

  template <typename Self, typename Visit>
  static void for_each_field(Self& of, Visit&& visit) {
    visit("count", of.count);
    visit("min", of.min);
    visit("mean", of.mean);
    visit("stddev", of.stddev);
    visit("p50", of.p50);
    visit("p90", of.p90);
    visit("p99", of.p99);
    visit("p999", of.p999);
    visit("p9999", of.p9999);
    visit("max", of.max);
    visit("overflow", of.overflow);
    visit("early_count", of.early_count);
    visit("early_max_ns", of.early_max_ns);
    visit("histogram", of.histogram);
  }
};

/// A part of the window: the requests that were meant to be sent in it.
struct slice {
  std::int64_t t_ns = 0;  ///< where it begins, since the window began
  std::int64_t duration_ns = 0;
  std::int64_t count = 0;
  std::optional<std::int64_t> p50;
  std::optional<std::int64_t> p99;

  template <typename Self, typename Visit>
  static void for_each_field(Self& of, Visit&& visit) {
    visit("t_ns", of.t_ns);
    visit("duration_ns", of.duration_ns);
    visit("count", of.count);
    visit("p50", of.p50);
    visit("p99", of.p99);
  }
};

/// A distribution, and how it was over time.
struct sliced_distribution : distribution {
  std::vector<slice> slices;

  template <typename Self, typename Visit>
  static void for_each_field(Self& of, Visit&& visit) {
    distribution::for_each_field(of, visit);
    visit("slices", of.slices);
  }
};

distribution distribution_of(const histogram& source,
                             percentile_rule rule = percentile_rule::published());

/// The way back, exact in counts, min, max, overflow and early firings.
/// Throws std::runtime_error when the payload is malformed or contradicts the other fields.
histogram histogram_of(const distribution& from);

}  // namespace skein::measure
