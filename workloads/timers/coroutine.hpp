// The tasks of timers in the coroutine style: one that sleeps once, one that wakes again and again,
// one that waits with a timeout, and the one that cancels.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtimes/clock.hpp"
#include "runtimes/scheduler.hpp"
#include "workloads/timers/sleepers.hpp"
#include "workloads/timers/timeouts.hpp"
#include "workloads/timers/wakers.hpp"

namespace skein::timers {

template <coroutine_tasks S, class Context>
typename S::task sleep_once(S& scheduler, Context& context, std::size_t index) {
  const wake how = co_await scheduler.sleep_until(context.due_ns(index));
  context.fired(index, monotonic_clock::now_ns(), how);
}

template <coroutine_tasks S, class Context>
typename S::task wake_again(S& scheduler, Context& context, std::size_t index) {
  std::uint64_t turn = 0;
  while (turn < context.turns(index)) {
    const wake how = co_await scheduler.sleep_until(context.due_ns(index, turn));
    turn = context.woke(index, turn, monotonic_clock::now_ns(), how);
  }
}

template <coroutine_timers S, class Context>
typename S::task wait_with_timeout(S& scheduler, Context& context, std::size_t index) {
  std::uint32_t round = 0;
  while (round < churn_rounds) {
    const wake how =
        co_await scheduler.sleep_until(context.timer(index), context.due_ns(index, round));
    round = context.ended(index, round, monotonic_clock::now_ns(), how);
  }
}

template <coroutine_timers S, class Context>
typename S::task cancel_in_time(S& scheduler, Context& context, std::size_t index) {
  for (std::uint32_t round = 0; round < churn_rounds; ++round) {
    const wake how = co_await scheduler.sleep_until(context.end_ns(index, round));
    if (how == wake::cancelled) co_return;
    while (context.cancel_round(scheduler, index, round)) co_await scheduler.yield();
  }
}

/// Spawns task number `index`. `context` must outlive it.
template <coroutine_timers S, class Context>
void spawn_sleeper(S& scheduler, Context& context, std::size_t index) {
  scheduler.spawn(sleep_once(scheduler, context, index));
}

/// The same for each pattern's context.
template <coroutine_timers S, workloads::tasks_on Threads>
void spawn_task(S& scheduler, sleepers<Threads>& context, std::size_t index) {
  spawn_sleeper(scheduler, context, index);
}
template <coroutine_timers S, workloads::tasks_on Threads>
void spawn_task(S& scheduler, wakers<Threads>& context, std::size_t index) {
  scheduler.spawn(wake_again(scheduler, context, index));
}
template <coroutine_timers S, workloads::tasks_on Threads>
void spawn_task(S& scheduler, timeouts<typename S::timer, Threads>& context, std::size_t index) {
  if (context.enroll(index)) {
    scheduler.spawn(cancel_in_time(scheduler, context, index));
  } else {
    scheduler.spawn(wait_with_timeout(scheduler, context, index));
  }
}

}  // namespace skein::timers
