// The tree of fanout: how a task divides its leaves among its children, what a leaf gives, and what
// must come out. All of it is a function of (seed, leaf), so the oracle needs no run.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "workloads/parameters.hpp"
#include "workloads/program.hpp"
#include "workloads/values.hpp"
#include "workloads/work_steps.hpp"

namespace skein::fanout {

using parameters = workloads::parameters_of<cell>;

/// The most children of a task.
inline constexpr std::size_t fan = 10;

/// The leaves below a task: `count` of them, from number `first` on.
struct leaves {
  std::size_t first;
  std::size_t count;

  [[nodiscard]] constexpr bool is_one() const noexcept { return count == 1; }
  [[nodiscard]] constexpr std::size_t children() const noexcept { return std::min(fan, count); }
  /// Those below child number `which`: as many as below the others, or one fewer.
  [[nodiscard]] constexpr leaves of_child(std::size_t which) const noexcept {
    const std::size_t begin = count * which / children();
    return {first + begin, count * (which + 1) / children() - begin};
  }
};

constexpr leaves all_leaves(const cell& asked) noexcept {
  return {0, static_cast<std::size_t>(asked.tasks)};
}

/// What a leaf gives.
using workloads::value_of;

/// What the work of any leaf gives, which each leaf works out for itself: nothing without steps.
constexpr std::uint64_t worked(std::uint64_t seed, std::int64_t steps) noexcept {
  if (steps == 0) return 0;
  const auto first = static_cast<std::uint32_t>(value_of(seed, 0)) | 1U;
  return workloads::work_on(first, steps);
}

/// All tasks that such leaves take, with the one that divides them.
std::size_t tasks_for(std::size_t count);

/// The oracle: leaves, and the sum of what they give.
workloads::work_counts expected(const parameters& asked);

}  // namespace skein::fanout
