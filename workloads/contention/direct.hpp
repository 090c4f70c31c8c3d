// The tasks of contention in the direct style, for threads and fibers: one that wants the mutex,
// and the holder.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtimes/scheduler.hpp"
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

/// Spawns task number `index`. `shared` must outlive it.
template <direct_scheduler S>
void spawn_task(S& scheduler, context<S>& shared, std::size_t index) {
  scheduler.spawn([&scheduler, &shared, index] { contend(scheduler, shared, index); });
}
template <direct_scheduler S>
void spawn_holder(S& scheduler, context<S>& shared) {
  scheduler.spawn([&scheduler, &shared] { hold_until_epoch(scheduler, shared); });
}

}  // namespace skein::contention
