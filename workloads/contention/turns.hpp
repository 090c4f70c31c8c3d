// The turns of contention: how many there are, and what must come out.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtimes/clock.hpp"
#include "workloads/parameters.hpp"
#include "workloads/program.hpp"
#include "workloads/values.hpp"

namespace skein::contention {

using parameters = workloads::parameters_of<cell>;

constexpr std::size_t task_count(const cell& asked) noexcept {
  return static_cast<std::size_t>(asked.tasks);
}

/// How long nobody may unlock a mutex that blocks threads before that counts as a deadlock.
constexpr time_ns lock_timeout_ns(const cell& asked) noexcept {
  return asked.lock_timeout_ns.value_or(usual::lock_timeout_ns);
}

/// The oracle: how often the mutex was taken, and the sum of what the tasks give each time.
inline workloads::work_counts expected(const parameters& asked) {
  const auto locks = static_cast<std::uint64_t>(asked.locks);
  workloads::work_counts counts;
  counts.units = task_count(asked) * locks;
  counts.checksum = workloads::sum_of_values(asked.seed, task_count(asked)) * locks;
  return counts;
}

}  // namespace skein::contention
