// Pattern churn: timers that are armed and then cancelled, as timeouts are.
//
// Tasks form groups of 16. Fifteen of them wait, each on a timer of its own with a deadline at
// least 30 s away, as a request waits with a timeout. The sixteenth, the canceller, stands for the
// replies that come in: at every beat it cancels the timers of its group, and each waiting task
// arms its timer again at once. One round in sixteen, chosen by the seed, is armed with a deadline
// inside the round and left alone: it must fire. The number of rounds is fixed, so units and
// checksum are known.
//
// A wait can be cancelled only while it lasts (T2). Where every task has a thread, the canceller
// may come before the wait has begun, or look at a task that is already one round further. So:
//   1. A waiting task publishes how many of its rounds are over (`behind`). The canceller cancels
//      only a task that is in the round to be ended, and repeats that, with a yield in between,
//      until the task has left the round. In a single-threaded runtime once is enough.
//   2. The task may leave the round between the canceller's look and its cancel, if an earlier
//      cancel was still on its way. The late cancel then ends the next round's wait. That happens
//      at most once, since the canceller looks again before each cancel. If the next round was to
//      be cancelled anyhow, it makes no difference; if it was to fire, the task waits for it again,
//      once (`disturbed`).
//   3. A wait that is cancelled a second time in such a round was ended by stop, so the task ends.
//
// A task's timer lies here and not in the task, because the canceller may still look at it when the
// task has ended. The table is reserved at once and touched task by task, so that it counts as
// memory of the tasks.
#pragma once

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

#include "runtimes/clock.hpp"
#include "runtimes/scheduler.hpp"
#include "workloads/timers/schedule.hpp"
#include "workloads/timers/timer_counts.hpp"

namespace skein::timers {

/// Shared by all tasks of a run; the task bodies call it the context. `Timer` is the scheduler's.
template <class Timer, workloads::tasks_on Threads>
class timeouts {
 public:
  explicit timeouts(const parameters& asked)
      : asked_(asked),
        counts_(expected(asked).units),
        waits_(std::allocator<wait>().allocate(task_count(asked))) {}
  timeouts(const timeouts&) = delete;
  timeouts& operator=(const timeouts&) = delete;
  ~timeouts() {
    std::destroy_n(waits_, enrolled_);
    std::allocator<wait>().deallocate(waits_, task_count(asked_));
  }

  /// As in sleepers.hpp.
  void set_epoch(time_ns epoch_ns) noexcept { epoch_ns_ = epoch_on_grid(asked_, epoch_ns); }

  /// Makes the timer of the next task, before that task is spawned; once for each task, in order.
  /// True for a canceller, which is the last of its group and therefore sees the timers of all
  /// others.
  bool enroll(std::size_t index) {
    assert(index == enrolled_ && "tasks are enrolled in order");
    ::new (static_cast<void*>(waits_ + index)) wait;
    ++enrolled_;
    return is_canceller(asked_, index);
  }

  // --- a waiting task

  Timer& timer(std::size_t index) noexcept { return waits_[index].timer; }

  /// The deadline of the wait in this round.
  time_ns due_ns(std::size_t index, std::uint32_t round) const noexcept {
    if (left_to_fire(asked_, index, round)) return epoch_ns_ + churn_fire_ns(asked_, index, round);
    return std::max(monotonic_clock::now_ns(), epoch_ns_) + asked_.window_ns + churn_timeout_ns;
  }

  /// The wait of this round ended. Returns the next round to wait in, or churn_rounds when the task
  /// is done.
  std::uint32_t ended(std::size_t index, std::uint32_t round, time_ns now_ns, wake how) noexcept {
    wait& own = waits_[index];
    std::uint32_t next = round + 1;
    if (!left_to_fire(asked_, index, round)) {
      if (how == wake::cancelled) {
        counts_.cancelled(index, round);
      } else {
        counts_.wrong();
      }
    } else if (how == wake::due) {
      const time_ns offset = churn_fire_ns(asked_, index, round);
      counts_.fired(index, offset, now_ns - (epoch_ns_ + offset));
    } else if (own.disturbed != round + 1) {
      own.disturbed = round + 1;
      return round;
    } else {
      next = churn_rounds;
    }
    own.behind.store(next, std::memory_order_release);
    return next;
  }

  // --- a canceller

  /// When to end this round.
  time_ns end_ns(std::size_t canceller, std::uint32_t round) const noexcept {
    return epoch_ns_ + beat_ns(asked_, canceller, round + 1);
  }

  /// Cancels the timers that are to be cancelled in this round. True while some of them are not yet
  /// cancelled: call it again after a yield.
  template <class S>
  bool cancel_round(S& scheduler, std::size_t canceller, std::uint32_t round) {
    bool left = false;
    for (std::size_t index = group_begin(canceller); index < canceller; ++index) {
      if (left_to_fire(asked_, index, round)) continue;
      wait& other = waits_[index];
      const std::uint32_t behind = other.behind.load(std::memory_order_acquire);
      if (behind > round) continue;
      // On one thread a task that is in this round is waiting, so this cancel ends its wait.
      left |= Threads != workloads::tasks_on::one_thread || behind < round;
      if (behind == round) scheduler.cancel(other.timer);
    }
    return left;
  }

  timer_counts<Threads>& done() noexcept { return counts_; }
  const timer_counts<Threads>& done() const noexcept { return counts_; }

 private:
  struct wait {
    Timer timer;
    std::atomic<std::uint32_t> behind{0};  ///< rounds that are over; written by the task alone
    std::uint32_t disturbed = 0;           ///< 1 + the round whose wait was begun again
  };

  const parameters asked_;
  time_ns epoch_ns_ = 0;
  timer_counts<Threads> counts_;
  wait* waits_;  ///< the first enrolled_ of all are alive
  std::size_t enrolled_ = 0;
};

}  // namespace skein::timers
