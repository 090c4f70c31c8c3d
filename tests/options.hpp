// The conditions that tests run under, unless they are about one of them, and the times they wait.
#pragma once

#include <cstddef>

#include "runtimes/clock.hpp"
#include "runtimes/options.hpp"

namespace skein::test {

inline scheduler_options options_for(std::size_t max_tasks) {
  return {.buffer = buffer_policy::lent,
          .buffer_bytes = 1024,
          .stack_bytes = 16 * 1024,
          .max_tasks = max_tasks,
          .inline_budget = 128,
          .events_per_wait = 256,
          .tick_ns = ns_per_ms,
          .timers = timer_structure::wheel,
          .strategy = run_strategy::fifo,
          .workers = 1};
}

/// One worker, a few, and more than there are CPUs.
inline constexpr std::size_t numbers_of_workers[] = {1, 2, 3, 8};

inline scheduler_options options_on(std::size_t workers) {
  scheduler_options options = options_for(100);
  options.workers = workers;
  return options;
}

inline scheduler_options options_with(buffer_policy policy, std::size_t buffer_bytes = 1024) {
  scheduler_options options = options_for(1000);
  options.buffer = policy;
  options.buffer_bytes = buffer_bytes;
  return options;
}

inline constexpr time_ns far_away_ns = 3600 * ns_per_s;

inline time_ns from_now(time_ns delay_ns) {
  return monotonic_clock::now_ns() + delay_ns;
}

}  // namespace skein::test
