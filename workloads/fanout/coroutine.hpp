// The tasks of fanout in the coroutine style: a leaf, one with children, and the root.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtimes/scheduler.hpp"
#include "workloads/fanout/context.hpp"

namespace skein::fanout {

template <coroutine_tasks S>
typename S::task give(context<S>& shared, std::size_t index, std::uint64_t& result) {
  result = shared.leaf(index);
  co_return;
}

template <coroutine_tasks S>
typename S::task divide(S& scheduler, context<S>& shared, leaves own, std::uint64_t& result) {
  typename S::scope children(scheduler);
  results given;
  spawn_children(scheduler, shared, own, children, given);
  co_await scheduler.until(children.join());
  result = given.sum();
}

template <coroutine_tasks S>
void spawn_children(S& scheduler, context<S>& shared, leaves own, typename S::scope& within,
                    results& given) {
  for (std::size_t child = 0; child < own.children(); ++child) {
    const leaves its = own.of_child(child);
    shared.spawn_within_limits(scheduler, [&] {
      scheduler.spawn(within, its.is_one() ? give<S>(shared, its.first, given.of(child))
                                           : divide(scheduler, shared, its, given.of(child)));
    });
  }
}

template <coroutine_tasks S>
typename S::task grow(S& scheduler, context<S>& shared) {
  const wake how = co_await scheduler.sleep_until(shared.epoch_ns());
  if (how == wake::cancelled) co_return;
  typename S::scope children(scheduler);
  results given;
  spawn_children(scheduler, shared, shared.all(), children, given);
  co_await scheduler.until(children.join());
  shared.finish(given.sum());
}

/// Spawns the root. `shared` must outlive it.
template <coroutine_tasks S>
void spawn_root(S& scheduler, context<S>& shared) {
  scheduler.spawn(grow(scheduler, shared));
}

}  // namespace skein::fanout
