// The way of the token of relay and what it gathers there. Both are known without a run: the token
// is a number that each task maps to another, so that a hop that is missing, doubled or made by the
// wrong task gives another end. harness/PROTOCOL.md has the formulas; a worker in another language
// repeats them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "workloads/parameters.hpp"
#include "workloads/program.hpp"

namespace skein::relay {

using parameters = workloads::parameters_of<cell>;

constexpr std::size_t task_count(const cell& asked) noexcept {
  return static_cast<std::size_t>(asked.tasks);
}

/// x -> times * x + plus, modulo 2^64. Such maps can be composed, which makes the oracle quick:
/// that of a lap is known, and that of many laps by squaring.
struct affine_map {
  std::uint64_t times = 1;
  std::uint64_t plus = 0;

  [[nodiscard]] constexpr std::uint64_t of(std::uint64_t value) const noexcept {
    return times * value + plus;
  }
  /// This one first, then the other.
  [[nodiscard]] constexpr affine_map then(affine_map other) const noexcept {
    return {times * other.times, other.of(plus)};
  }
};

/// What task `index` makes of the token. The factor is Knuth's for a random sequence (MMIX).
constexpr affine_map step_of(std::size_t index) noexcept {
  return {6364136223846793005, index + 1};
}

/// How far the token goes at each hop: hop k, from 0, is made by task k * stride modulo the number
/// of tasks. It comes to all of them before it comes to one again.
std::size_t stride_of(const cell& asked) noexcept;

/// The token as it comes to task 0.
constexpr std::uint64_t first_token(const parameters& asked) noexcept {
  return asked.seed;
}

/// The oracle: hops, and the token after the last of them.
workloads::work_counts expected(const parameters& asked);

}  // namespace skein::relay
