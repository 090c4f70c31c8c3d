// The tasks of contention in the coroutine style: one that wants the mutex, the holder, and one
// that wants a mutex that blocks its thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtimes/scheduler.hpp"
#include "workloads/contention/blocking_context.hpp"
#include "workloads/contention/context.hpp"

namespace skein::contention {

template <coroutine_scheduler S>
typename S::task contend(S& scheduler, context<S>& shared, std::size_t index) {
  for (std::uint64_t turn = 0; turn < shared.locks(); ++turn) {
    const std::uint64_t since = shared.handed_over();
    const bool locked = co_await scheduler.until(shared.lock());
    if (!locked || !shared.taken(index, since)) break;
    co_await scheduler.yield();
    shared.release(index);
  }
}

template <coroutine_scheduler S>
typename S::task hold_until_epoch(S& scheduler, context<S>& shared) {
  const bool locked = co_await scheduler.until(shared.lock());
  if (!locked) co_return;
  co_await scheduler.until(shared.all_there());
  const wake how = co_await scheduler.sleep_until(shared.epoch_ns());
  shared.begin(how);
}

template <coroutine_tasks S>
typename S::task contend_blocking(S& scheduler, blocking_context<S>& shared, std::size_t index) {
  const wake how = co_await scheduler.sleep_until(shared.epoch_ns());
  if (how == wake::cancelled) co_return;
  for (std::uint64_t turn = 0; turn < shared.locks() && shared.lock(index); ++turn) {
    co_await scheduler.yield();
    if (!shared.release(index, turn)) break;
  }
}

/// Spawns task number `index`. `shared` must outlive it.
template <coroutine_scheduler S>
void spawn_task(S& scheduler, context<S>& shared, std::size_t index) {
  scheduler.spawn(contend(scheduler, shared, index));
}
template <coroutine_tasks S>
void spawn_task(S& scheduler, blocking_context<S>& shared, std::size_t index) {
  scheduler.spawn(contend_blocking(scheduler, shared, index));
}
template <coroutine_scheduler S>
void spawn_holder(S& scheduler, context<S>& shared) {
  scheduler.spawn(hold_until_epoch(scheduler, shared));
}

}  // namespace skein::contention
