// The tasks of timers in the callback style: one that sleeps once, one that wakes again and again,
// one that waits with a timeout, and the one that cancels. Each is an object that names its next
// step, and deletes itself after the last.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtimes/clock.hpp"
#include "runtimes/scheduler.hpp"
#include "workloads/session.hpp"
#include "workloads/timers/sleepers.hpp"
#include "workloads/timers/timeouts.hpp"
#include "workloads/timers/wakers.hpp"

namespace skein::timers {

/// Sleeps once, until its own deadline, and reports when it woke.
template <callback_scheduler S, class Context>
class sleeper {
 public:
  sleeper(S& scheduler, Context& context, std::size_t index) noexcept
      : scheduler_(scheduler), context_(context), index_(index) {}

  void start() {
    scheduler_.template sleep_until<&sleeper::on_wake>(timer_, context_.due_ns(index_), this);
  }

 private:
  void on_wake(wake how) {
    context_.fired(index_, monotonic_clock::now_ns(), how);
    workloads::end_session(scheduler_, this);
  }

  S& scheduler_;
  Context& context_;
  std::size_t index_;
  typename S::timer timer_;
};

/// Wakes again and again.
template <callback_scheduler S, class Context>
class waker {
 public:
  waker(S& scheduler, Context& context, std::size_t index) noexcept
      : scheduler_(scheduler), context_(context), index_(index) {}

  void start() {
    if (turn_ == context_.turns(index_)) return finish();
    scheduler_.template sleep_until<&waker::on_wake>(timer_, context_.due_ns(index_, turn_), this);
  }

 private:
  void on_wake(wake how) {
    turn_ = context_.woke(index_, turn_, monotonic_clock::now_ns(), how);
    start();
  }
  void finish() { workloads::end_session(scheduler_, this); }

  S& scheduler_;
  Context& context_;
  std::size_t index_;
  std::uint64_t turn_ = 0;
  typename S::timer timer_;
};

/// Waits with a timeout in every round.
template <callback_scheduler S, class Context>
class waiter {
 public:
  waiter(S& scheduler, Context& context, std::size_t index) noexcept
      : scheduler_(scheduler), context_(context), index_(index) {}

  void start() {
    if (round_ == churn_rounds) return finish();
    scheduler_.template sleep_until<&waiter::on_wake>(context_.timer(index_),
                                                      context_.due_ns(index_, round_), this);
  }

 private:
  void on_wake(wake how) {
    round_ = context_.ended(index_, round_, monotonic_clock::now_ns(), how);
    start();
  }
  void finish() { workloads::end_session(scheduler_, this); }

  S& scheduler_;
  Context& context_;
  std::size_t index_;
  std::uint32_t round_ = 0;
};

/// Cancels the timers of its group at the end of every round.
template <callback_scheduler S, class Context>
class canceller {
 public:
  canceller(S& scheduler, Context& context, std::size_t index) noexcept
      : scheduler_(scheduler), context_(context), index_(index) {}

  void start() {
    if (round_ == churn_rounds) return finish();
    scheduler_.template sleep_until<&canceller::on_wake>(timer_, context_.end_ns(index_, round_),
                                                         this);
  }

 private:
  void on_wake(wake how) {
    if (how == wake::cancelled) return finish();
    cancel();
  }
  void cancel() {
    if (context_.cancel_round(scheduler_, index_, round_)) {
      return scheduler_.template yield<&canceller::cancel>(this);
    }
    ++round_;
    start();
  }
  void finish() { workloads::end_session(scheduler_, this); }

  S& scheduler_;
  Context& context_;
  std::size_t index_;
  std::uint32_t round_ = 0;
  typename S::timer timer_;
};

/// Spawns task number `index`. `context` must outlive it: due_ns(index) gives its deadline, and
/// fired(index, now_ns, how) is called when it woke.
template <callback_scheduler S, class Context>
void spawn_sleeper(S& scheduler, Context& context, std::size_t index) {
  workloads::spawn_session<sleeper<S, Context>>(scheduler, context, index);
}

/// The same for each pattern's context.
template <callback_scheduler S, workloads::tasks_on Threads>
void spawn_task(S& scheduler, sleepers<Threads>& context, std::size_t index) {
  spawn_sleeper(scheduler, context, index);
}
template <callback_scheduler S, workloads::tasks_on Threads>
void spawn_task(S& scheduler, wakers<Threads>& context, std::size_t index) {
  workloads::spawn_session<waker<S, wakers<Threads>>>(scheduler, context, index);
}
template <callback_scheduler S, workloads::tasks_on Threads>
void spawn_task(S& scheduler, timeouts<typename S::timer, Threads>& context, std::size_t index) {
  using context_type = timeouts<typename S::timer, Threads>;
  if (context.enroll(index)) {
    workloads::spawn_session<canceller<S, context_type>>(scheduler, context, index);
  } else {
    workloads::spawn_session<waiter<S, context_type>>(scheduler, context, index);
  }
}

}  // namespace skein::timers
