// The tasks of hog in the callback style: a timer is one of the workload timers, and the hog
// computes by itself or has its work done. Each is an object that names its next step, and deletes
// itself after the last.
#pragma once

#include <cstddef>
#include <optional>

#include "runtimes/scheduler.hpp"
#include "workloads/hog/context.hpp"
#include "workloads/session.hpp"
#include "workloads/timers/callback.hpp"

namespace skein::hog {

template <callback_scheduler S>
class computing_hog {
 public:
  computing_hog(S& scheduler, context<S>& shared) noexcept
      : scheduler_(scheduler), shared_(shared) {}

  void start() {
    scheduler_.template sleep_until<&computing_hog::on_wake>(timer_, shared_.begin_ns(), this);
  }

 private:
  void on_wake(wake how) {
    if (!shared_.begin(how)) return workloads::end_session(scheduler_, this);
    compute();
  }
  void compute() {
    if (shared_.compute()) return scheduler_.template yield<&computing_hog::compute>(this);
    shared_.end();
    workloads::end_session(scheduler_, this);
  }

  S& scheduler_;
  context<S>& shared_;
  typename S::timer timer_;
};

template <callback_scheduler S>
class offloading_hog {
 public:
  offloading_hog(S& scheduler, offloading_context<S>& shared) noexcept
      : scheduler_(scheduler), shared_(shared) {}

  void start() {
    scheduler_.template sleep_until<&offloading_hog::on_wake>(timer_, shared_.begin_ns(), this);
  }

 private:
  using working = typename S::template waiting<typename S::offload_pool::working>;

  void on_wake(wake how) {
    if (!shared_.begin(how)) return workloads::end_session(scheduler_, this);
    working_.emplace(shared_.offload());
    scheduler_.template until<&offloading_hog::on_computed>(*working_, this);
  }
  void on_computed(bool computed) {
    if (computed) shared_.end();
    workloads::end_session(scheduler_, this);
  }

  S& scheduler_;
  offloading_context<S>& shared_;
  typename S::timer timer_;
  std::optional<working> working_;
};

/// Spawns timer number `index`. `shared` must outlive it.
template <callback_scheduler S>
void spawn_timer(S& scheduler, context<S>& shared, std::size_t index) {
  workloads::spawn_session<timers::waker<S, context<S>>>(scheduler, shared, index);
}
/// The same for the hog, by what it shares with the timers.
template <callback_scheduler S>
void spawn_hog(S& scheduler, context<S>& shared) {
  workloads::spawn_session<computing_hog<S>>(scheduler, shared);
}
template <callback_scheduler S>
void spawn_hog(S& scheduler, offloading_context<S>& shared) {
  workloads::spawn_session<offloading_hog<S>>(scheduler, shared);
}

}  // namespace skein::hog
