// The work of --handler-work: so many steps (workloads/work_steps.hpp) on the first four bytes of a
// request, which its reply carries. The load generator knows what must come out.
#pragma once

#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "workloads/work_steps.hpp"

namespace skein::c10k {

static_assert(std::endian::native == std::endian::little, "a request's word is little-endian");

/// The least that a request on which there is work can be.
inline constexpr std::size_t work_word_bytes = sizeof(std::uint32_t);

using workloads::work_on;

/// Puts the outcome in place of a request's first word.
inline void work_on(std::span<std::byte> request, std::int64_t steps) noexcept {
  assert(request.size() >= work_word_bytes);
  std::uint32_t word;
  std::memcpy(&word, request.data(), sizeof word);
  word = work_on(word, steps);
  std::memcpy(request.data(), &word, sizeof word);
}

}  // namespace skein::c10k
