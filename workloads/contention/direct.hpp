// The tasks of contention in the direct style, for threads and fibers: one that wants the mutex,
// the holder, and one that wants a mutex that blocks its thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtimes/scheduler.hpp"
#include "workloads/contention/blocking_context.hpp"
#include "workloads/contention/context.hpp"

namespace skein::contention {

template <direct_scheduler S>
void contend(S& scheduler, context<S>& shared, std::size_t index) {
  for (std::uint64_t turn = 0; turn < shared.locks(); ++turn) {
    const std::uint64_t since = shared.handed_over();
    if (!scheduler.until(shared.lock()) || !shared.taken(index, since)) return;
    scheduler.yield();
    shared.release(index);
  }
}

template <direct_scheduler S>
void hold_until_epoch(S& scheduler, context<S>& shared) {
  if (!scheduler.until(shared.lock())) return;
  scheduler.until(shared.all_there());
  shared.begin(scheduler.sleep_until(shared.epoch_ns()));
}

template <direct_scheduler S>
void contend_blocking(S& scheduler, blocking_context<S>& shared, std::size_t index) {
  if (scheduler.sleep_until(shared.epoch_ns()) == wake::cancelled) return;
  for (std::uint64_t turn = 0; turn < shared.locks() && shared.lock(index); ++turn) {
    scheduler.yield();
    if (!shared.release(index, turn)) return;
  }
}

/// Spawns task number `index`. `shared` must outlive it.
template <direct_scheduler S>
void spawn_task(S& scheduler, context<S>& shared, std::size_t index) {
  scheduler.spawn([&scheduler, &shared, index] { contend(scheduler, shared, index); });
}
template <direct_scheduler S>
void spawn_task(S& scheduler, blocking_context<S>& shared, std::size_t index) {
  scheduler.spawn([&scheduler, &shared, index] { contend_blocking(scheduler, shared, index); });
}
template <direct_scheduler S>
void spawn_holder(S& scheduler, context<S>& shared) {
  scheduler.spawn([&scheduler, &shared] { hold_until_epoch(scheduler, shared); });
}

}  // namespace skein::contention
