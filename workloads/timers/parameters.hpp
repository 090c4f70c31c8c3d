// What a timers cell asks a worker to do.
#pragma once

#include <cstddef>

#include "workloads/parameters.hpp"

namespace skein::timers {

using parameters = workloads::parameters_of<cell>;

constexpr std::size_t task_count(const cell& asked) noexcept {
  return static_cast<std::size_t>(asked.tasks);
}

}  // namespace skein::timers
