// Work that takes CPU and nothing else: so many steps of xorshift32 (Marsaglia, 2003). Each step
// needs the one before, so neither a compiler nor a CPU can shorten them; 500 take about 1 us. 32
// bits, since every language has shifts of them.
#pragma once

#include <cstdint>

namespace skein::workloads {

/// What comes out after the steps. Of 0 nothing but 0 does.
constexpr std::uint32_t work_on(std::uint32_t word, std::int64_t steps) noexcept {
  for (std::int64_t i = 0; i < steps; ++i) {
    word ^= word << 13U;
    word ^= word >> 17U;
    word ^= word << 5U;
  }
  return word;
}

}  // namespace skein::workloads
