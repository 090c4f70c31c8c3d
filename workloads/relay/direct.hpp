// The tasks of relay in the direct style, for threads and fibers: one of the ring, and the starter.
#pragma once

#include <cstddef>

#include "runtimes/scheduler.hpp"
#include "workloads/relay/ring.hpp"

namespace skein::relay {

template <direct_scheduler S>
void pass_on(S& scheduler, ring<S>& shared, std::size_t index) {
  while (const auto token = scheduler.until(shared.at(index).receive())) {
    const auto next = shared.hop(index, *token);
    if (next) scheduler.until(shared.after(index).send(*next));
  }
}

template <direct_scheduler S>
void start_and_end(S& scheduler, ring<S>& shared) {
  if (scheduler.sleep_until(shared.epoch_ns()) == wake::cancelled) return;
  scheduler.until(shared.at(0).send(shared.token()));
  scheduler.until(shared.over());
  scheduler.sleep_until(shared.rested_ns());
  shared.close();
}

/// Spawns task number `index`. `shared` must outlive it.
template <direct_scheduler S>
void spawn_task(S& scheduler, ring<S>& shared, std::size_t index) {
  scheduler.spawn([&scheduler, &shared, index] { pass_on(scheduler, shared, index); });
}
template <direct_scheduler S>
void spawn_starter(S& scheduler, ring<S>& shared) {
  scheduler.spawn([&scheduler, &shared] { start_and_end(scheduler, shared); });
}

}  // namespace skein::relay
