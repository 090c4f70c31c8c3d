// A latency histogram: HDR layout (log-linear), 3 significant digits, 1 ns to 60 s, int64 ns.
// The bucket arithmetic is that of HdrHistogram (Gil Tene, public domain), so that its payloads and
// percentiles are interchangeable; the code is our own. Leaves out the encoding (hdr_codec.hpp) and
// the record (distribution.hpp).
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace skein {

/// Counts of durations in ns. The constructor allocates and touches everything; recording costs a
/// shift, an increment and two comparisons, and takes no lock.
///
/// Where a recorded value goes:
///   0 .. highest_ns  into a bucket no wider than 1/1024 of the value
///   > highest_ns     into `overflow()`, and into nothing else
///   < 0              into `early_count()` and `early_max_ns()` (a timer that fired early)
/// So: completions = count() + overflow() + early_count().
///
/// Threads: the plain `record` calls are for one thread at a time. The `_concurrent` calls may run
/// on any number of threads at once, but not together with any other call. Their counts may be read
/// once those threads have been joined, or synchronised with in another way.
class histogram {
 public:
  static constexpr std::int64_t lowest_ns = 1;
  static constexpr std::int64_t highest_ns = 60'000'000'000;
  static constexpr int significant_digits = 3;

  histogram();

  /// One duration. Negative values count as early.
  void record(std::int64_t value_ns) noexcept {
    if (value_ns < 0) return record_early(-value_ns);
    if (value_ns > highest_ns) return void(++overflow_);
    ++counts_[index_of(value_ns)];
    if (value_ns < min_ns_) min_ns_ = value_ns;
    if (value_ns > max_ns_) max_ns_ = value_ns;
  }

  /// Signed lateness, fired - due: the same as `record`, named for what it is at the call.
  void record_signed(std::int64_t lateness_ns) noexcept { record(lateness_ns); }

  /// `record` for several threads at once.
  void record_concurrent(std::int64_t value_ns) noexcept;
  void record_signed_concurrent(std::int64_t lateness_ns) noexcept {
    record_concurrent(lateness_ns);
  }

  /// Adds another histogram's counts to this one. Runs are combined this way; percentiles are never
  /// averaged.
  void merge(const histogram& other) noexcept;

  /// The number of values in buckets. Walks all buckets.
  std::int64_t count() const noexcept;
  std::int64_t overflow() const noexcept { return overflow_; }
  std::int64_t early_count() const noexcept { return early_count_; }
  /// The furthest that any timer fired before its time; 0 when none did.
  std::int64_t early_max_ns() const noexcept { return early_max_ns_; }

  /// The exact smallest and largest value in buckets; 0 when there are no values.
  std::int64_t min() const noexcept { return max_ns_ < 0 ? 0 : min_ns_; }
  std::int64_t max() const noexcept { return max_ns_ < 0 ? 0 : max_ns_; }

  /// Computed from the buckets, each counted at its middle; 0 when count() is 0.
  double mean() const noexcept;
  double stddev() const noexcept;

  /// The value that `percent` (0..100) of the recorded values do not exceed (nearest_rank.hpp): the
  /// highest value equivalent to the one at that rank. Never above max(), which is exact here. 0
  /// when count() is 0.
  std::int64_t percentile(double percent) const noexcept;

  /// For the codec: raw counts by bucket index, and the way back.
  static constexpr int sub_bucket_half_bits = 10;  // 2 * 10^3 rounded up to 2^11, halved
  static constexpr std::size_t sub_bucket_half = std::size_t{1} << sub_bucket_half_bits;
  static constexpr std::size_t bucket_count = 26;  // 2048 << 25 is the first power above 60 s
  static constexpr std::size_t counts_size = (bucket_count + 1) * sub_bucket_half;
  std::span<const std::int64_t> counts() const noexcept { return counts_; }

  /// Adds `count` values to a bucket and widens min and max to that bucket's bounds; a payload
  /// tells no more. `index` must be below counts_size.
  void add_to_bucket(std::size_t index, std::int64_t count) noexcept;
  /// Restores what a payload does not carry, and narrows min and max to the exact values given.
  void restore(std::int64_t min_ns, std::int64_t max_ns, std::int64_t overflow,
               std::int64_t early_count, std::int64_t early_max_ns) noexcept;

  static constexpr std::size_t index_of(std::int64_t value_ns) noexcept {
    const auto value = static_cast<std::uint64_t>(value_ns);
    const auto bucket = static_cast<std::size_t>(std::bit_width(value | (2 * sub_bucket_half - 1)) -
                                                 (sub_bucket_half_bits + 1));
    return bucket * sub_bucket_half + static_cast<std::size_t>(value >> bucket);
  }
  static constexpr std::int64_t lowest_equivalent(std::size_t index) noexcept {
    const std::size_t bucket = bucket_of(index);
    return static_cast<std::int64_t>(index - bucket * sub_bucket_half) << bucket;
  }
  static constexpr std::int64_t highest_equivalent(std::size_t index) noexcept {
    return lowest_equivalent(index) + (std::int64_t{1} << bucket_of(index)) - 1;
  }

 private:
  static constexpr std::size_t bucket_of(std::size_t index) noexcept {
    return index < 2 * sub_bucket_half ? 0 : index / sub_bucket_half - 1;
  }
  void record_early(std::int64_t early_ns) noexcept {
    ++early_count_;
    if (early_ns > early_max_ns_) early_max_ns_ = early_ns;
  }
  double middle(std::size_t index) const noexcept;

  std::vector<std::int64_t> counts_;
  std::int64_t min_ns_ = std::numeric_limits<std::int64_t>::max();
  std::int64_t max_ns_ = -1;
  std::int64_t overflow_ = 0;
  std::int64_t early_count_ = 0;
  std::int64_t early_max_ns_ = 0;
};

}  // namespace skein
