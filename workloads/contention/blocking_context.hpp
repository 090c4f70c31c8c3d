// What the tasks of contention share where the mutex blocks threads (--across blocking). It is the
// same for every runtime, so it needs nothing of theirs but sleeps and yields.
//
// All sleep until the epoch, and then take their turns. Where they share a thread, the first holds
// the mutex across its yield, and the second blocks the thread: nobody can go on. The task that
// finds that out counts it as the run's error, and says that no more work will come, so that the
// run ends at once. Then all locks fail, and with them the tasks end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "runtimes/clock.hpp"
#include "runtimes/scheduler.hpp"
#include "workloads/contention/blocking_mutex.hpp"
#include "workloads/contention/turns.hpp"
#include "workloads/error_log.hpp"
#include "workloads/progress.hpp"
#include "workloads/styles.hpp"

namespace skein::contention {

/// A deadlock in words: who has the mutex, how many wait, and for what.
inline std::string described(const blocking_mutex::standing& at, time_ns bound_ns) {
  const std::size_t others = at.wanting - at.in_lock - 1;
  return "deadlock: task " + std::to_string(at.holder) +
         " holds a blocking mutex across a yield, and waits for a thread to go on; waiting for the "
         "mutex, each blocking its thread: " +
         std::to_string(at.in_lock) + " (task " + std::to_string(at.finder) +
         "); waiting for a thread: " + std::to_string(others) + "; nobody unlocked for " +
         std::to_string(bound_ns / ns_per_ms) + " ms";
}

template <task_scheduler S>
class blocking_context {
 public:
  blocking_context(S& /*scheduler*/, const parameters& asked)
      : asked_(asked),
        progress_(expected(asked).units),
        mutex_(task_count(asked), lock_timeout_ns(asked)) {}

  void set_epoch(time_ns epoch_ns) noexcept { epoch_ns_ = epoch_ns; }
  std::size_t tasks() const noexcept { return task_count(asked_); }
  /// No task waits for the mutex any more. Before the scheduler is stopped.
  void call_off() { mutex_.call_off(); }

  // --- a task

  time_ns epoch_ns() const noexcept { return epoch_ns_; }
  std::uint64_t locks() const noexcept { return static_cast<std::uint64_t>(asked_.locks); }

  /// Blocks the thread until task `index` has the mutex. False where the task is to end.
  bool lock(std::size_t index) {
    const auto how = mutex_.lock(index);
    if (how == blocking_mutex::outcome::found_deadlock) report_deadlock();
    return how == blocking_mutex::outcome::locked;
  }

  /// Task `index` has held it in its turn number `turn`, and unlocks it. False where the task is to
  /// end.
  bool release(std::size_t index, std::uint64_t turn) {
    if (!mutex_.unlock(turn + 1 == locks())) return false;
    progress_.add_one(workloads::value_of(asked_.seed, index));
    return true;
  }

  auto& progress() noexcept { return progress_; }
  const auto& progress() const noexcept { return progress_; }
  workloads::work_counts counts() const {
    workloads::work_counts done = progress_.counts();
    done.errors = errors_.count();
    done.first_error = errors_.first();
    const auto waited = mutex_.waited();
    if (progress_.finished() && waited.longest > 0) done.shares = {waited.shortest, waited.longest};
    return done;
  }

 private:
  void report_deadlock() {
    errors_.add(described(mutex_.at_deadlock(), lock_timeout_ns(asked_)));
    progress_.finish(0);
  }

  const parameters asked_;
  time_ns epoch_ns_ = 0;
  workloads::progress<workloads::tasks_of<S>> progress_;
  workloads::error_log errors_;
  blocking_mutex mutex_;
};

}  // namespace skein::contention
