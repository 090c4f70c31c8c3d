// A sleeping task in the direct style, for threads and fibers.
#pragma once

#include <cstddef>

#include "runtimes/clock.hpp"
#include "runtimes/scheduler.hpp"

namespace skein::timers {

template <direct_scheduler S, class Context>
void sleep_once(S& scheduler, Context& context, std::size_t index) {
  const wake how = scheduler.sleep_until(context.due_ns(index));
  context.fired(index, monotonic_clock::now_ns(), how);
}

/// Spawns the task number `index`. `context` must outlive it.
template <direct_scheduler S, class Context>
void spawn_sleeper(S& scheduler, Context& context, std::size_t index) {
  scheduler.spawn([&scheduler, &context, index] { sleep_once(scheduler, context, index); });
}

}  // namespace skein::timers
