// Stack colouring: neighbouring stacks begin at different lines of their top page.
//
// All stacks begin at the same offset in a page, so without it the control blocks and frames of all
// fibers would compete for the few ways of the same sets of the first-level cache (64 sets of 64
// bytes: one page). A stack's colour comes from its address and stays its own. The colours end below
// half a page, so that the colour and what the workloads put on a stack still fit one page.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtimes/stack_arena.hpp"

namespace skein::fiber {

inline constexpr std::size_t colours = 32;
inline constexpr std::size_t colour_step_bytes = 64;

/// How far below its top this stack begins: a multiple of the step, less than 2 KiB. Fibonacci
/// hashing, because it spreads equal distances evenly, whatever the distance between stacks.
inline std::size_t colour_offset_bytes(const stack& of) noexcept {
  constexpr std::uint64_t golden = 0x9E3779B97F4A7C15U;
  constexpr unsigned page_bits = 12;
  const std::uint64_t page = reinterpret_cast<std::uintptr_t>(of.bottom) >> page_bits;
  return ((page * golden) >> 59U) * colour_step_bytes;
}

static_assert(colours == std::size_t{1} << (64 - 59));

}  // namespace skein::fiber
