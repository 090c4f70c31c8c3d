// The tasks of cancel in the coroutine style: one for each kind of wait, and the canceller.
#pragma once

#include <cstddef>

#include "runtimes/scheduler.hpp"
#include "workloads/cancel/context.hpp"

namespace skein::cancel {

template <coroutine_scheduler S>
typename S::task sleep_long(S& scheduler, context<S>& shared, std::size_t index) {
  const wake how = co_await scheduler.sleep_until(shared.timer_of(index), shared.due_ns(index));
  shared.ended(index, how);
}

template <coroutine_scheduler S>
typename S::task receive_nothing(S& scheduler, context<S>& shared, std::size_t index) {
  const auto received = co_await scheduler.until(shared.receive());
  shared.ended(index, received);
}

template <coroutine_scheduler S>
typename S::task lock_in_vain(S& scheduler, context<S>& shared, std::size_t index) {
  const auto first = co_await scheduler.until(shared.lock_unless_cancelled());
  shared.ended(index, first);
}

template <coroutine_scheduler S>
typename S::task cancel_them(S& scheduler, context<S>& shared) {
  const bool locked = co_await scheduler.until(shared.lock());
  co_await scheduler.until(shared.all_there());
  wake how = co_await scheduler.sleep_until(shared.epoch_ns());
  while (how == wake::due && shared.cancel_all(scheduler)) {
    how = co_await scheduler.sleep_until(shared.rested_ns());
  }
  co_await scheduler.until(shared.over());
  if (locked) shared.unlock();
}

/// Spawns task number `index`. `shared` must outlive it.
template <coroutine_scheduler S>
void spawn_task(S& scheduler, context<S>& shared, std::size_t index) {
  switch (shared.what()) {
    case wait::sleep:
      return scheduler.spawn(sleep_long(scheduler, shared, index));
    case wait::receive:
      return scheduler.spawn(receive_nothing(scheduler, shared, index));
    case wait::lock:
      if constexpr (waits_for_first<S>) scheduler.spawn(lock_in_vain(scheduler, shared, index));
      return;
  }
}
template <coroutine_scheduler S>
void spawn_canceller(S& scheduler, context<S>& shared) {
  scheduler.spawn(cancel_them(scheduler, shared));
}

}  // namespace skein::cancel
