// The tasks of fanout in the direct style, for threads and fibers: a leaf, one with children, and
// the root.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtimes/scheduler.hpp"
#include "workloads/fanout/context.hpp"

namespace skein::fanout {

template <direct_scheduler S>
void divide(S& scheduler, context<S>& shared, leaves own, std::uint64_t& result) {
  typename S::scope children(scheduler);
  results given;
  for (std::size_t child = 0; child < own.children(); ++child) {
    const leaves its = own.of_child(child);
    std::uint64_t& place = given.of(child);
    shared.spawn_within_limits(scheduler, [&] {
      if (its.is_one()) {
        scheduler.spawn(children, [&shared, its, &place] { place = shared.leaf(its.first); });
      } else {
        scheduler.spawn(children, [&scheduler, &shared, its, &place] {
          divide(scheduler, shared, its, place);
        });
      }
    });
  }
  scheduler.until(children.join());
  result = given.sum();
}

template <direct_scheduler S>
void grow(S& scheduler, context<S>& shared) {
  if (scheduler.sleep_until(shared.epoch_ns()) == wake::cancelled) return;
  std::uint64_t sum = 0;
  divide(scheduler, shared, shared.all(), sum);
  shared.finish(sum);
}

/// Spawns the root. `shared` must outlive it.
template <direct_scheduler S>
void spawn_root(S& scheduler, context<S>& shared) {
  scheduler.spawn([&scheduler, &shared] { grow(scheduler, shared); });
}

}  // namespace skein::fanout
