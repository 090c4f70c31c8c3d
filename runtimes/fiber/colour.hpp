// Stack colouring: neighbouring stacks begin at different lines of their top page.
//
// All stacks begin at the same offset in a page. Without colours the control blocks and frames of
// all fibers would compete for the few ways of the same sets of the first-level cache (64 sets of
// 64 bytes: one page). Colours count up with the slots, so the distance from one stack to the next
// is the same for 31 of 32 and prefetchers can follow it. Colours by a hash of the address made a
// switch among 100,000 fibers a third slower (design/stacks.md). Colours take less than half a
// page, so that the colour and what the workloads put on a stack fit one page together.
#pragma once

#include <cstddef>

#include "runtimes/shared/stack_arena.hpp"

namespace skein::fiber {

inline constexpr std::size_t colours = 32;
inline constexpr std::size_t colour_step_bytes = 64;
inline constexpr std::size_t most_colour_bytes = (colours - 1) * colour_step_bytes;

/// How far below its top this stack begins.
inline std::size_t colour_bytes(const stack& of) noexcept {
  return of.slot % colours * colour_step_bytes;
}

}  // namespace skein::fiber
