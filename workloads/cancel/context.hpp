// What the tasks of cancel share: what they wait for, and the count of waits that ended. The task
// bodies call it the context.
//
// Beside the tasks that wait there is a canceller, which is spawned first. It takes the mutex, so
// that all others wait for it, and ends all waits at the epoch. Once the last of them has ended it
// gives the mutex back.
//
// A sleep can be cancelled only while it lasts (T2). Where every task has a thread, the canceller
// may come before the last of them sleep. So it comes again, after a rest, until all have ended: a
// timer on which nobody sleeps any more is not touched by it. The other waits end also if they
// begin later.
//
// The table of timers is reserved at once and touched timer by timer as tasks are spawned, so that
// it counts as memory of the tasks.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

#include "runtimes/clock.hpp"
#include "runtimes/scheduler.hpp"
#include "workloads/cancel/waits.hpp"
#include "workloads/error_log.hpp"
#include "workloads/progress.hpp"
#include "workloads/styles.hpp"

namespace skein::cancel {

/// Whether a task can wait for the first of two things.
template <class S>
concept waits_for_first = requires { typename S::sleep_wait; };

template <sync_scheduler S>
class context {
 public:
  using channel = typename S::template channel<std::uint64_t>;
  using mutex = typename S::mutex;
  using event = typename S::event;

  context(S& scheduler, const parameters& asked)
      : asked_(asked),
        progress_(static_cast<std::uint64_t>(asked.tasks)),
        values_(scheduler, 1),
        mutex_(scheduler),
        cancelled_(scheduler),
        all_there_(scheduler),
        over_(scheduler),
        timers_(std::allocator<timer>().allocate(timer_count())) {}
  context(const context&) = delete;
  context& operator=(const context&) = delete;
  ~context() {
    std::destroy_n(timers_, enrolled_timers_);
    std::allocator<timer>().deallocate(timers_, timer_count());
  }

  void set_epoch(time_ns epoch_ns) noexcept { epoch_ns_ = epoch_ns; }
  std::size_t tasks() const noexcept { return task_count(asked_); }
  wait what() const noexcept { return asked_.wait; }
  /// Makes what the next task waits for, before that task is spawned.
  void enroll() {
    if (enrolled_timers_ == timer_count()) return;
    ::new (static_cast<void*>(timers_ + enrolled_timers_)) timer;
    ++enrolled_timers_;
  }
  /// The last task has been spawned: now the canceller waits for the epoch.
  void all_are_there() noexcept { all_there_.set(); }

  // --- a task that waits

  auto& timer_of(std::size_t index) noexcept { return timers_[index]; }
  time_ns due_ns(std::size_t index) const noexcept {
    return epoch_ns_ + timeout_ns(asked_.seed, index);
  }
  auto receive() noexcept { return values_.receive(); }
  auto lock_unless_cancelled() noexcept
    requires waits_for_first<S>
  {
    using first = typename S::template first_of<typename mutex::locking, typename event::awaiting>;
    return first(mutex_.lock(), cancelled_.wait());
  }

  /// The wait of task `index` ended, which is its last step. What stop() ended is not counted.
  template <class Output>
  void ended(std::size_t index, const Output& how) {
    if (!was_cancelled(how)) return errors_.add("a wait ended that nobody had cancelled");
    if (!cancelling_.load(std::memory_order_relaxed)) return;
    if (progress_.add_one(workloads::value_of(asked_.seed, index))) over_.set();
  }

  // --- the canceller

  auto lock() noexcept { return mutex_.lock(); }
  auto all_there() noexcept { return all_there_.wait(); }
  time_ns epoch_ns() const noexcept { return epoch_ns_; }
  /// Cancels all. True while some may have begun to wait too late for it: call it again after a
  /// rest.
  bool cancel_all(S& scheduler) noexcept {
    // Whoever is ended by what follows sees it: a cancel happens-before the return of the wait.
    cancelling_.store(true, std::memory_order_relaxed);
    switch (asked_.wait) {
      case wait::sleep:
        for (std::size_t index = 0; index < enrolled_timers_; ++index) {
          scheduler.cancel(timers_[index]);
        }
        return in_parallel && !progress_.finished();
      case wait::receive:
        values_.close();
        break;
      case wait::lock:
        cancelled_.set();
        break;
    }
    return false;
  }
  static time_ns rested_ns() noexcept { return monotonic_clock::now_ns() + 10 * ns_per_ms; }
  auto over() noexcept { return over_.wait(); }
  void unlock() noexcept { mutex_.unlock(); }

  auto& progress() noexcept { return progress_; }
  const auto& progress() const noexcept { return progress_; }
  workloads::work_counts counts() const {
    workloads::work_counts done = progress_.counts();
    done.errors = errors_.count();
    done.first_error = errors_.first();
    return done;
  }

 private:
  using timer = typename S::timer;
  static constexpr bool in_parallel = workloads::tasks_of<S> != workloads::tasks_on::one_thread;

  std::size_t timer_count() const noexcept {
    return asked_.wait == wait::sleep ? task_count(asked_) : 0;
  }

  const parameters asked_;
  time_ns epoch_ns_ = 0;
  workloads::progress<workloads::tasks_of<S>> progress_;
  workloads::error_log errors_;
  std::atomic<bool> cancelling_{false};
  channel values_;
  mutex mutex_;
  event cancelled_;
  event all_there_;
  event over_;
  timer* timers_;  ///< the first enrolled_timers_ of all are alive
  std::size_t enrolled_timers_ = 0;
};

}  // namespace skein::cancel
