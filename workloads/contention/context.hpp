// What the tasks of contention share: the mutex, and whose turn it is. The task bodies call it the
// context.
//
// Beside the tasks there is a holder, which is spawned first. It has the mutex until the epoch, so
// that all others wait for it by then.
//
// Where all tasks share a thread, they begin to wait in the order in which they were spawned, and
// each waits again as soon as it has unlocked. So a mutex that keeps the order of waiting (W4) goes
// round: task 0 to the last, and again. That is checked at every turn. Threads ask in whatever
// order the kernel runs them, so of them only mutual exclusion is.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "runtimes/clock.hpp"
#include "runtimes/scheduler.hpp"
#include "workloads/contention/turns.hpp"
#include "workloads/error_log.hpp"
#include "workloads/progress.hpp"
#include "workloads/styles.hpp"

namespace skein::contention {

template <sync_scheduler S>
class context {
 public:
  using mutex = typename S::mutex;
  using event = typename S::event;
  static constexpr bool in_parallel = workloads::tasks_of<S> != workloads::tasks_on::one_thread;

  context(S& scheduler, const parameters& asked)
      : asked_(asked), progress_(expected(asked).units), mutex_(scheduler), all_there_(scheduler) {}

  void set_epoch(time_ns epoch_ns) noexcept { epoch_ns_ = epoch_ns; }
  std::size_t tasks() const noexcept { return task_count(asked_); }
  /// The last task has been spawned: now the holder waits for the epoch.
  void all_are_there() noexcept { all_there_.set(); }

  // --- a task

  std::uint64_t locks() const noexcept { return static_cast<std::uint64_t>(asked_.locks); }
  auto lock() noexcept { return mutex_.lock(); }
  /// How often the mutex was handed over so far: when a task begins to wait.
  std::uint64_t handed_over() const noexcept { return handed_over_.load(relaxed); }

  /// Task `index` has the mutex, for which it began to wait after `since` hand-overs. False where
  /// the run was called off before its epoch: then it has the mutex no more.
  bool taken(std::size_t index, std::uint64_t since) {
    if (!begun_) {
      mutex_.unlock();
      return false;
    }
    const std::uint64_t before = handed_over_.load(relaxed);
    handed_over_.store(before + 1, relaxed);
    if (since > 0) note_wait(before - since);
    if (!in_parallel && index != next_) errors_.add("the mutex went to a task out of its turn");
    next_ = index + 1 < tasks() ? index + 1 : 0;
    owner_ = index;
    return true;
  }
  /// It has held it, and unlocks it.
  void release(std::size_t index) {
    if (owner_ != index) errors_.add("two tasks had the mutex at once");
    progress_.add_one(workloads::value_of(asked_.seed, index));
    mutex_.unlock();
  }

  // --- the holder

  /// It has the mutex, and waits for the others.
  auto all_there() noexcept {
    held_.store(true, relaxed);
    return all_there_.wait();
  }
  /// Whether it has it: where a task is a thread, one that is spawned later may begin sooner.
  bool is_held() const noexcept { return held_.load(relaxed); }
  time_ns epoch_ns() const noexcept { return epoch_ns_; }
  /// Its sleep until the epoch ended: the others may have the mutex.
  void begin(wake how) noexcept {
    begun_ = how == wake::due;
    mutex_.unlock();
  }

  auto& progress() noexcept { return progress_; }
  const auto& progress() const noexcept { return progress_; }
  workloads::work_counts counts() const {
    workloads::work_counts done = progress_.counts();
    done.errors = errors_.count();
    done.first_error = errors_.first();
    if (progress_.finished() && longest_.load(relaxed) > 0) {
      done.shares = {shortest_.load(relaxed), longest_.load(relaxed)};
    }
    return done;
  }

 private:
  static constexpr auto relaxed = std::memory_order_relaxed;

  /// A wait that began after the epoch was so many hand-overs long.
  void note_wait(std::uint64_t waited) noexcept {
    if (waited > longest_.load(relaxed)) longest_.store(waited, relaxed);
    if (waited < shortest_.load(relaxed)) shortest_.store(waited, relaxed);
  }

  const parameters asked_;
  time_ns epoch_ns_ = 0;
  workloads::progress<workloads::tasks_of<S>> progress_;
  workloads::error_log errors_;
  mutex mutex_;
  event all_there_;
  std::atomic<bool> held_{false};
  // Written by whoever has the mutex. Atomic is what others may read.
  std::atomic<std::uint64_t> handed_over_{0};
  std::atomic<std::uint64_t> shortest_{UINT64_MAX};
  std::atomic<std::uint64_t> longest_{0};
  bool begun_ = false;
  std::size_t next_ = 0;
  std::size_t owner_ = 0;
};

}  // namespace skein::contention
