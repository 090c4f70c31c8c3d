// A sleeping task in the coroutine style.
#pragma once

#include <cstddef>

#include "runtimes/clock.hpp"
#include "runtimes/scheduler.hpp"

namespace skein::timers {

template <coroutine_scheduler S, class Context>
typename S::task sleep_once(S& scheduler, Context& context, std::size_t index) {
  const wake how = co_await scheduler.sleep_until(context.due_ns(index));
  context.fired(index, monotonic_clock::now_ns(), how);
}

/// Spawns the task number `index`. `context` must outlive it.
template <coroutine_scheduler S, class Context>
void spawn_sleeper(S& scheduler, Context& context, std::size_t index) {
  scheduler.spawn(sleep_once(scheduler, context, index));
}

}  // namespace skein::timers
