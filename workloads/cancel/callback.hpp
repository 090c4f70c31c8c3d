// The tasks of cancel in the callback style: one that sleeps, one for the other waits, and the
// canceller. Each is an object that names its next step, and deletes itself after the last.
#pragma once

#include <cstddef>

#include "runtimes/scheduler.hpp"
#include "workloads/cancel/context.hpp"
#include "workloads/session.hpp"

namespace skein::cancel {

template <callback_scheduler S>
class sleeper {
 public:
  sleeper(S& scheduler, context<S>& shared, std::size_t index) noexcept
      : scheduler_(scheduler), shared_(shared), index_(index) {}

  void start() {
    scheduler_.template sleep_until<&sleeper::on_wake>(shared_.timer_of(index_),
                                                       shared_.due_ns(index_), this);
  }

 private:
  void on_wake(wake how) {
    shared_.ended(index_, how);
    workloads::end_session(scheduler_, this);
  }

  S& scheduler_;
  context<S>& shared_;
  std::size_t index_;
};

template <callback_scheduler S, class Wait>
class waiter {
 public:
  waiter(S& scheduler, context<S>& shared, std::size_t index, const Wait& wait) noexcept
      : scheduler_(scheduler), shared_(shared), index_(index), wait_(wait) {}

  void start() { scheduler_.template until<&waiter::on_end>(wait_, this); }

 private:
  void on_end(typename Wait::output how) {
    shared_.ended(index_, how);
    workloads::end_session(scheduler_, this);
  }

  S& scheduler_;
  context<S>& shared_;
  std::size_t index_;
  typename S::template waiting<Wait> wait_;
};

template <callback_scheduler S>
class canceller {
 public:
  canceller(S& scheduler, context<S>& shared) noexcept
      : scheduler_(scheduler),
        shared_(shared),
        lock_(shared.lock()),
        all_there_(shared.all_there()),
        over_(shared.over()) {}

  void start() { scheduler_.template until<&canceller::on_locked>(lock_, this); }

 private:
  using awaiting = typename context<S>::event::awaiting;

  void on_locked(bool locked) {
    locked_ = locked;
    scheduler_.template until<&canceller::on_all_there>(all_there_, this);
  }
  void on_all_there(bool) { rest_until(shared_.epoch_ns()); }
  void on_rested(wake how) {
    if (how == wake::due && shared_.cancel_all(scheduler_)) return rest_until(shared_.rested_ns());
    scheduler_.template until<&canceller::on_over>(over_, this);
  }
  void on_over(bool) {
    if (locked_) shared_.unlock();
    workloads::end_session(scheduler_, this);
  }

  void rest_until(time_ns deadline_ns) {
    scheduler_.template sleep_until<&canceller::on_rested>(timer_, deadline_ns, this);
  }

  S& scheduler_;
  context<S>& shared_;
  bool locked_ = false;
  typename S::timer timer_;
  typename S::template waiting<typename context<S>::mutex::locking> lock_;
  typename S::template waiting<awaiting> all_there_;
  typename S::template waiting<awaiting> over_;
};

template <callback_scheduler S, class Wait>
void spawn_waiter(S& scheduler, context<S>& shared, std::size_t index, const Wait& wait) {
  workloads::spawn_session<waiter<S, Wait>>(scheduler, shared, index, wait);
}

/// Spawns task number `index`. `shared` must outlive it.
template <callback_scheduler S>
void spawn_task(S& scheduler, context<S>& shared, std::size_t index) {
  switch (shared.what()) {
    case wait::sleep:
      return workloads::spawn_session<sleeper<S>>(scheduler, shared, index);
    case wait::receive:
      return spawn_waiter(scheduler, shared, index, shared.receive());
    case wait::lock:
      if constexpr (waits_for_first<S>) {
        spawn_waiter(scheduler, shared, index, shared.lock_unless_cancelled());
      }
      return;
  }
}
template <callback_scheduler S>
void spawn_canceller(S& scheduler, context<S>& shared) {
  workloads::spawn_session<canceller<S>>(scheduler, shared);
}

}  // namespace skein::cancel
