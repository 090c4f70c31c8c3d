// The conditions of every runtime here: those of `skein run`, the same for all.
#pragma once

#include <cstddef>

#include "generated/workloads/cells.hpp"
#include "harness/cells/defaults.hpp"
#include "runtimes/options.hpp"

namespace skein::micro {

inline scheduler_options conditions(std::size_t tasks) {
  namespace defaults = cells::defaults;
  return {.buffer = buffer_policy::lent,
          .buffer_bytes = static_cast<std::size_t>(c10k::usual::buffer_bytes),
          .stack_bytes = static_cast<std::size_t>(workloads::usual::stack_bytes),
          .max_tasks = tasks + defaults::spare_tasks,
          .inline_budget = defaults::inline_budget,
          .events_per_wait = defaults::events_per_wait,
          .tick_ns = defaults::tick_ns,
          .timers = timer_structure::wheel,
          .strategy = run_strategy::fifo,
          .workers = 1};
}

}  // namespace skein::micro
