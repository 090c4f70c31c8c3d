// The tasks of relay in the coroutine style: one of the ring, and the starter.
#pragma once

#include <cstddef>

#include "runtimes/scheduler.hpp"
#include "workloads/relay/ring.hpp"

namespace skein::relay {

template <coroutine_scheduler S>
typename S::task pass_on(S& scheduler, ring<S>& shared, std::size_t index) {
  while (true) {
    const auto token = co_await scheduler.until(shared.at(index).receive());
    if (!token) break;
    const auto next = shared.hop(index, *token);
    if (next) co_await scheduler.until(shared.after(index).send(*next));
  }
}

template <coroutine_scheduler S>
typename S::task start_and_end(S& scheduler, ring<S>& shared) {
  co_await scheduler.sleep_until(shared.epoch_ns());
  co_await scheduler.until(shared.at(0).send(shared.token()));
  co_await scheduler.until(shared.over());
  co_await scheduler.sleep_until(shared.rested_ns());
  shared.close();
}

/// Spawns task number `index`. `shared` must outlive it.
template <coroutine_scheduler S>
void spawn_task(S& scheduler, ring<S>& shared, std::size_t index) {
  scheduler.spawn(pass_on(scheduler, shared, index));
}
template <coroutine_scheduler S>
void spawn_starter(S& scheduler, ring<S>& shared) {
  scheduler.spawn(start_and_end(scheduler, shared));
}

}  // namespace skein::relay
