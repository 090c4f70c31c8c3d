// The waits of cancel: what a task's end says of its wait, how long a sleep would have lasted, and
// what must come out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>

#include "runtimes/clock.hpp"
#include "runtimes/scheduler.hpp"
#include "workloads/parameters.hpp"
#include "workloads/program.hpp"
#include "workloads/values.hpp"

namespace skein::cancel {

using parameters = workloads::parameters_of<cell>;

constexpr std::size_t task_count(const cell& asked) noexcept {
  return static_cast<std::size_t>(asked.tasks);
}

/// When a sleep would end by itself, after the epoch: no run lasts so long.
constexpr time_ns timeout_ns(std::uint64_t seed, std::size_t index) noexcept {
  constexpr time_ns least_ns = 600 * ns_per_s;
  return least_ns + static_cast<time_ns>(workloads::value_of(seed, index) % least_ns);
}

// Whether a wait ended without what it was for.
constexpr bool was_cancelled(wake how) noexcept {
  return how == wake::cancelled;
}
constexpr bool was_cancelled(const std::optional<std::uint64_t>& received) noexcept {
  return !received;
}
/// Of a lock and of the event that cancels it.
constexpr bool was_cancelled(const std::variant<bool, bool>& first) noexcept {
  return first.index() == 1 || !std::get<0>(first);
}

/// The oracle: every wait, and the sum of what their tasks give.
inline workloads::work_counts expected(const parameters& asked) {
  workloads::work_counts counts;
  counts.units = static_cast<std::uint64_t>(asked.tasks);
  counts.checksum = workloads::sum_of_values(asked.seed, task_count(asked));
  return counts;
}

}  // namespace skein::cancel
