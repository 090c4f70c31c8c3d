// The tasks of cancel in the direct style, for threads and fibers: one for each kind of wait, and
// the canceller.
#pragma once

#include <cstddef>

#include "runtimes/scheduler.hpp"
#include "workloads/cancel/context.hpp"

namespace skein::cancel {

template <direct_scheduler S>
void cancel_them(S& scheduler, context<S>& shared) {
  const bool locked = scheduler.until(shared.lock());
  scheduler.until(shared.all_there());
  wake how = scheduler.sleep_until(shared.epoch_ns());
  while (how == wake::due && shared.cancel_all(scheduler)) {
    how = scheduler.sleep_until(shared.rested_ns());
  }
  scheduler.until(shared.over());
  if (locked) shared.unlock();
}

/// Spawns task number `index`. `shared` must outlive it.
template <direct_scheduler S>
void spawn_task(S& scheduler, context<S>& shared, std::size_t index) {
  switch (shared.what()) {
    case wait::sleep:
      return scheduler.spawn([&scheduler, &shared, index] {
        shared.ended(index, scheduler.sleep_until(shared.timer_of(index), shared.due_ns(index)));
      });
    case wait::receive:
      return scheduler.spawn(
          [&scheduler, &shared, index] { shared.ended(index, scheduler.until(shared.receive())); });
    case wait::lock:
      if constexpr (waits_for_first<S>) {
        scheduler.spawn([&scheduler, &shared, index] {
          shared.ended(index, scheduler.until(shared.lock_unless_cancelled()));
        });
      }
      return;
  }
}
template <direct_scheduler S>
void spawn_canceller(S& scheduler, context<S>& shared) {
  scheduler.spawn([&scheduler, &shared] { cancel_them(scheduler, shared); });
}

}  // namespace skein::cancel
