// What a unit of work gives where the checksum is a sum: a number for each, known from the seed, so
// that one that is missing, doubled or another's gives another sum.
#pragma once

#include <cstddef>
#include <cstdint>

namespace skein::workloads {

constexpr std::uint64_t value_of(std::uint64_t seed, std::size_t index) noexcept {
  const std::uint64_t mixed = (seed + index + 1) * 0x9e3779b97f4a7c15;
  return mixed ^ (mixed >> 32U);
}

/// Of the first so many.
constexpr std::uint64_t sum_of_values(std::uint64_t seed, std::size_t count) noexcept {
  std::uint64_t sum = 0;
  for (std::size_t index = 0; index < count; ++index) sum += value_of(seed, index);
  return sum;
}

}  // namespace skein::workloads
