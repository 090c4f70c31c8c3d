// The work of --handler-work: so many steps of xorshift32 (Marsaglia, 2003) on the first four bytes
// of a request, which its reply carries. Each step needs the one before, so neither a compiler nor
// a CPU can shorten them, and the load generator knows what must come out. 32 bits, since every
// language has shifts of them.
#pragma once

#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace skein::c10k {

static_assert(std::endian::native == std::endian::little, "a request's word is little-endian");

/// The least that a request on which there is work can be.
inline constexpr std::size_t work_word_bytes = sizeof(std::uint32_t);

constexpr std::uint32_t work_on(std::uint32_t word, std::int64_t steps) noexcept {
  for (std::int64_t i = 0; i < steps; ++i) {
    word ^= word << 13U;
    word ^= word >> 17U;
    word ^= word << 5U;
  }
  return word;
}

/// Puts the outcome in place of a request's first word.
inline void work_on(std::span<std::byte> request, std::int64_t steps) noexcept {
  assert(request.size() >= work_word_bytes);
  std::uint32_t word;
  std::memcpy(&word, request.data(), sizeof word);
  word = work_on(word, steps);
  std::memcpy(request.data(), &word, sizeof word);
}

}  // namespace skein::c10k
