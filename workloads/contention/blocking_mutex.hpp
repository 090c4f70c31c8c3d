// A mutex that blocks the thread of who waits for it, as std::mutex does. A task that waits for
// something else while it has the mutex is no trouble to others on threads of their own. Where
// tasks share a thread it is a deadlock: the first that asks for the mutex blocks the very thread
// on which the one that has it would go on, and unlock.
//
// A wait is bounded, so that such a run can say so and end. That somebody has waited for long is no
// deadlock, as others may have had their turns meanwhile. That nobody has unlocked for as long as
// the bound is, while somebody waited for all of it, is taken for one. (A holder that the kernel
// does not let run for so long cannot be told from it.) Whoever finds it ends the waits of all
// others. A wait looks at the mutex when it begins and whenever the bound has passed, so where
// several threads wait in turn it may take up to twice the bound.
//
// Leaves out fairness: who unlocks may have it again before one that waits has woken, as in most
// libraries.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "runtimes/clock.hpp"

namespace skein::contention {

class blocking_mutex {
 public:
  /// How a task comes out of `lock`. Of all that wait, one finds the deadlock.
  enum class outcome : std::uint8_t { locked, found_deadlock, over };

  /// Who waits for what. Tasks are called by their numbers.
  struct standing {
    std::size_t holder = 0;   ///< has the mutex, if anybody has
    std::size_t finder = 0;   ///< waits in `lock`, and has found the deadlock
    std::size_t in_lock = 0;  ///< so many block their threads in `lock`
    std::size_t wanting = 0;  ///< so many have turns to come, or have one: the above are of them
  };

  /// The shortest and the longest wait of those that ended with the mutex, in turns of others.
  /// There is one after the first turn.
  struct waits {
    std::uint64_t shortest = UINT64_MAX;
    std::uint64_t longest = 0;
  };

  blocking_mutex(std::size_t tasks, time_ns bound_ns) noexcept : bound_(bound_ns) {
    now_.wanting = tasks;
  }

  /// Blocks the thread. `over` once a deadlock was found, or all was called off.
  outcome lock(std::size_t task) {
    std::unique_lock guard(guard_);
    const std::uint64_t turns_before = turns_;
    ++now_.in_lock;
    const bool is_stuck = !wait_until_free(guard);
    if (is_stuck) end_as_deadlock(task);
    --now_.in_lock;
    if (is_stuck) return outcome::found_deadlock;
    if (is_over_) return outcome::over;
    is_held_ = true;
    now_.holder = task;
    note_wait(turns_ - turns_before);
    ++turns_;
    return outcome::locked;
  }

  /// By the task that has it. `for_good`: it wants it no more. False once all is over.
  bool unlock(bool for_good) {
    const std::scoped_lock guard(guard_);
    if (is_over_) return false;
    is_held_ = false;
    if (for_good) --now_.wanting;
    freed_.notify_one();
    return true;
  }

  /// Ends all waits, and every later one at once.
  void call_off() {
    const std::scoped_lock guard(guard_);
    end();
  }

  /// Who waits for what at this moment.
  standing now() const {
    const std::scoped_lock guard(guard_);
    return now_;
  }
  /// At the deadlock, for who has found it.
  standing at_deadlock() const {
    const std::scoped_lock guard(guard_);
    return at_deadlock_;
  }
  waits waited() const {
    const std::scoped_lock guard(guard_);
    return waits_;
  }

 private:
  /// False where nobody has unlocked for the bound.
  bool wait_until_free(std::unique_lock<std::mutex>& guard) {
    while (is_held_ && !is_over_) {
      const std::uint64_t seen = turns_;
      const bool in_vain = freed_.wait_for(guard, bound_) == std::cv_status::timeout;
      if (in_vain && is_held_ && !is_over_ && turns_ == seen) return false;
    }
    return true;
  }

  void end_as_deadlock(std::size_t finder) {
    at_deadlock_ = now_;
    at_deadlock_.finder = finder;
    end();
  }
  void end() {
    is_over_ = true;
    freed_.notify_all();
  }

  void note_wait(std::uint64_t turns) noexcept {
    if (turns < waits_.shortest) waits_.shortest = turns;
    if (turns > waits_.longest) waits_.longest = turns;
  }

  const std::chrono::nanoseconds bound_;
  mutable std::mutex guard_;
  std::condition_variable freed_;  ///< it was unlocked, or all is over
  bool is_held_ = false;
  bool is_over_ = false;
  std::uint64_t turns_ = 0;  ///< that have begun
  standing now_;
  standing at_deadlock_;
  waits waits_;
};

}  // namespace skein::contention
