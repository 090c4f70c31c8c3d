// The tasks of hog in the poll style: a timer is one of the workload timers, and the hog computes
// by itself or has its work done. Each is the state machine that a compiler makes of an async
// function.
#pragma once

#include <cstddef>
#include <utility>
#include <variant>

#include "runtimes/scheduler.hpp"
#include "workloads/hog/context.hpp"
#include "workloads/timers/poll.hpp"

namespace skein::hog {

template <poll_timers S>
class compute_future : pinned {
 public:
  using output = nothing;

  compute_future(S& scheduler, hog::context<S>& shared)
      : scheduler_(scheduler),
        shared_(shared),
        waits_(std::in_place_type<sleeping>, scheduler, shared.begin_ns()) {}

  polled<nothing> poll(skein::context& with) {
    if (auto* const sleep = std::get_if<sleeping>(&waits_)) {
      const auto how = sleep->poll(with);
      if (!how) return not_ready;
      if (!shared_.begin(*how)) return nothing{};
    } else if (!std::get<yielding>(waits_).poll(with)) {
      return not_ready;
    }
    while (shared_.compute()) {
      auto& yield = waits_.template emplace<yielding>(scheduler_);
      if (!yield.poll(with)) return not_ready;
    }
    shared_.end();
    return nothing{};
  }

 private:
  using sleeping = typename S::sleeping;
  using yielding = typename S::yielding;

  S& scheduler_;
  hog::context<S>& shared_;
  std::variant<sleeping, yielding> waits_;
};

template <poll_scheduler S>
class have_it_computed_future : pinned {
 public:
  using output = nothing;

  have_it_computed_future(S& scheduler, offloading_context<S>& shared)
      : scheduler_(scheduler),
        shared_(shared),
        waits_(std::in_place_type<sleeping>, scheduler, shared.begin_ns()) {}

  polled<nothing> poll(skein::context& with) {
    if (auto* const sleep = std::get_if<sleeping>(&waits_)) {
      const auto how = sleep->poll(with);
      if (!how) return not_ready;
      if (!shared_.begin(*how)) return nothing{};
      waits_.template emplace<working>(scheduler_, shared_.offload());
    }
    const auto computed = std::get<working>(waits_).poll(with);
    if (!computed) return not_ready;
    if (*computed) shared_.end();
    return nothing{};
  }

 private:
  using sleeping = typename S::sleeping;
  using working = typename S::template waiting<typename S::offload_pool::working>;

  S& scheduler_;
  offloading_context<S>& shared_;
  std::variant<sleeping, working> waits_;
};

/// Spawns timer number `index`. `shared` must outlive it.
template <poll_timers S>
void spawn_timer(S& scheduler, hog::context<S>& shared, std::size_t index) {
  using timer_future = timers::wake_again_future<S, hog::context<S>>;
  scheduler.template spawn<timer_future>(scheduler, shared, index);
}
/// The same for the hog, by what it shares with the timers.
template <poll_timers S>
void spawn_hog(S& scheduler, hog::context<S>& shared) {
  scheduler.template spawn<compute_future<S>>(scheduler, shared);
}
template <poll_scheduler S>
void spawn_hog(S& scheduler, offloading_context<S>& shared) {
  scheduler.template spawn<have_it_computed_future<S>>(scheduler, shared);
}

}  // namespace skein::hog
