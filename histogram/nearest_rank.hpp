// Which of n ordered values a percentile is. The rule stands only here, so that everything in a
// record means the same by it; skein_scripts/records/histogram.py repeats the rule for merged runs.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace skein {

/// The nearest rank: the smallest rank, from 1, such that at least `percent` (0..100) of `count`
/// values have it or a lower one. `count` is at least 1.
inline std::int64_t nearest_rank(double percent, std::int64_t count) noexcept {
  const double exact = std::clamp(percent, 0.0, 100.0) / 100 * static_cast<double>(count);
  // A product that is whole except for rounding must not be rounded up.
  constexpr double rounding = 1e-12;
  return std::max<std::int64_t>(1, std::llround(std::ceil(exact * (1 - rounding))));
}

/// The value at that rank; nothing where there is none.
inline std::optional<std::int64_t> percentile_of(std::vector<std::int64_t> values, double percent) {
  if (values.empty()) return std::nullopt;
  const auto rank = nearest_rank(percent, static_cast<std::int64_t>(values.size()));
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(rank - 1);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

}  // namespace skein
