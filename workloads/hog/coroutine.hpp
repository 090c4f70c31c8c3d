// The tasks of hog in the coroutine style: a timer is one of the workload timers, and the hog
// computes by itself or has its work done.
#pragma once

#include <cstddef>

#include "runtimes/scheduler.hpp"
#include "workloads/hog/context.hpp"
#include "workloads/timers/coroutine.hpp"

namespace skein::hog {

template <coroutine_timers S>
typename S::task compute(S& scheduler, context<S>& shared) {
  const wake how = co_await scheduler.sleep_until(shared.begin_ns());
  if (!shared.begin(how)) co_return;
  while (shared.compute()) co_await scheduler.yield();
  shared.end();
}

template <coroutine_scheduler S>
typename S::task have_it_computed(S& scheduler, offloading_context<S>& shared) {
  const wake how = co_await scheduler.sleep_until(shared.begin_ns());
  if (!shared.begin(how)) co_return;
  const bool computed = co_await scheduler.until(shared.offload());
  if (computed) shared.end();
}

/// Spawns timer number `index`. `shared` must outlive it.
template <coroutine_timers S>
void spawn_timer(S& scheduler, context<S>& shared, std::size_t index) {
  scheduler.spawn(timers::wake_again(scheduler, shared, index));
}
/// The same for the hog, by what it shares with the timers.
template <coroutine_timers S>
void spawn_hog(S& scheduler, context<S>& shared) {
  scheduler.spawn(compute(scheduler, shared));
}
template <coroutine_scheduler S>
void spawn_hog(S& scheduler, offloading_context<S>& shared) {
  scheduler.spawn(have_it_computed(scheduler, shared));
}

}  // namespace skein::hog
