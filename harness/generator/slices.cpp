// Log-linear buckets: 128 to an octave, exact below 256 ns.
#include "harness/generator/slices.hpp"

#include <algorithm>
#include <bit>
#include <cassert>

#include "histogram/nearest_rank.hpp"

namespace skein::generator {

slice_series::slice_series(time_ns expected_window_ns)
    : slices_(static_cast<std::size_t>(expected_window_ns / slice_ns + 1)) {}

void slice_series::record(time_ns intended_ns, time_ns latency_ns) {
  assert(intended_ns >= 0);
  const auto number = static_cast<std::size_t>(intended_ns / slice_ns);
  if (number >= slices_.size()) slices_.resize(number + 1);
  slice& where = slices_[number];
  ++where.counts[index_of(latency_ns)];
  ++where.count;
}

std::vector<slice_summary> slice_series::summarize(time_ns window_ns) const {
  std::vector<slice_summary> result;
  for (std::size_t number = 0; number < slices_.size(); ++number) {
    const time_ns begin_ns = static_cast<time_ns>(number) * slice_ns;
    const slice& source = slices_[number];
    if (begin_ns >= window_ns && source.count == 0) break;
    result.push_back({.t_ns = begin_ns,
                      .duration_ns = std::clamp<time_ns>(window_ns - begin_ns, 1, slice_ns),
                      .count = source.count,
                      .p50_ns = source.percentile(50),
                      .p99_ns = source.percentile(99)});
  }
  return result;
}

time_ns slice_series::slice::percentile(double percent) const {
  if (count == 0) return 0;
  const std::int64_t wanted = nearest_rank(percent, count);
  std::int64_t seen = 0;
  for (std::size_t index = 0; index < counts.size(); ++index) {
    seen += counts[index];
    if (seen >= wanted) return highest_in(index);
  }
  return 0;
}

std::size_t slice_series::index_of(time_ns value_ns) noexcept {
  constexpr std::uint64_t highest = (std::uint64_t{1} << (octaves + detail_bits)) - 1;
  const std::uint64_t value = std::min(static_cast<std::uint64_t>(value_ns), highest);
  const auto octave = static_cast<unsigned>(std::bit_width(value | ((2U << detail_bits) - 1)) -
                                            static_cast<int>(detail_bits) - 1);
  return (static_cast<std::size_t>(octave) << detail_bits) +
         static_cast<std::size_t>(value >> octave);
}

time_ns slice_series::highest_in(std::size_t index) noexcept {
  constexpr std::size_t exact = std::size_t{2} << detail_bits;
  const std::size_t octave = index < exact ? 0 : (index >> detail_bits) - 1;
  const std::size_t detail = index - (octave << detail_bits);
  return static_cast<time_ns>(((detail + 1) << octave) - 1);
}

}  // namespace skein::generator
