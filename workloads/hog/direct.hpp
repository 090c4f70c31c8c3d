// The tasks of hog in the direct style, for threads and fibers: a timer is one of the workload
// timers, and the hog computes by itself or has its work done.
#pragma once

#include <cstddef>

#include "runtimes/scheduler.hpp"
#include "workloads/hog/context.hpp"
#include "workloads/timers/direct.hpp"

namespace skein::hog {

template <direct_scheduler S>
void compute(S& scheduler, context<S>& shared) {
  if (!shared.begin(scheduler.sleep_until(shared.begin_ns()))) return;
  while (shared.compute()) scheduler.yield();
  shared.end();
}

template <direct_scheduler S>
void have_it_computed(S& scheduler, offloading_context<S>& shared) {
  if (!shared.begin(scheduler.sleep_until(shared.begin_ns()))) return;
  if (scheduler.until(shared.offload())) shared.end();
}

/// Spawns timer number `index`. `shared` must outlive it.
template <direct_scheduler S>
void spawn_timer(S& scheduler, context<S>& shared, std::size_t index) {
  scheduler.spawn([&scheduler, &shared, index] { timers::wake_again(scheduler, shared, index); });
}
/// The same for the hog, by what it shares with the timers.
template <direct_scheduler S>
void spawn_hog(S& scheduler, context<S>& shared) {
  scheduler.spawn([&scheduler, &shared] { compute(scheduler, shared); });
}
template <direct_scheduler S>
void spawn_hog(S& scheduler, offloading_context<S>& shared) {
  scheduler.spawn([&scheduler, &shared] { have_it_computed(scheduler, shared); });
}

}  // namespace skein::hog
