// A semaphore, a mutex and an event for the tasks of Asio's rows (clauses W4, W5).
//
// Asio has no mutex that a task could hold across a wait. A strand is none: it keeps handlers
// apart, and is another's as soon as a task waits. A channel with room for one value would be, but
// this version has no channel. So a mutex is a semaphore with one permit: a count, and a timer for
// who waits (condition.hpp).
#pragma once

#include <cstddef>
#include <optional>

#include "runtimes/asio/condition.hpp"

namespace skein::asio {

template <class Executor>
class semaphore {
 public:
  /// True when the task has a permit; false when the scheduler stopped.
  using acquiring = wait_of<semaphore, bool>;

  template <class Scheduler>
  semaphore(Scheduler& on, std::size_t permits) : permits_(permits), turn_(on.home()) {}

  acquiring acquire() noexcept { return acquiring(*this); }

  /// Adds a permit, or hands it to the one that waited longest.
  void release() {
    if (!turn_.wake_one()) ++permits_;
  }

 private:
  friend acquiring;

  std::optional<bool> now() {
    if (turn_.stopped()) return false;
    if (permits_ == 0) return std::nullopt;
    --permits_;
    return true;
  }
  static bool ended(bool granted) noexcept { return granted; }

  std::size_t permits_;
  condition<Executor> turn_;
};

template <class Executor>
class mutex {
 public:
  /// True when the task has the lock; false when the scheduler stopped.
  using locking = typename semaphore<Executor>::acquiring;

  template <class Scheduler>
  explicit mutex(Scheduler& on) : one_(on, 1) {}

  locking lock() noexcept { return one_.acquire(); }
  /// By the task that has the lock.
  void unlock() { one_.release(); }

 private:
  semaphore<Executor> one_;
};

/// Set once; who waits, or will, goes on.
template <class Executor>
class event {
 public:
  /// True when the event was set; false when the scheduler stopped.
  using awaiting = wait_of<event, bool>;

  template <class Scheduler>
  explicit event(Scheduler& on) : turn_(on.home()) {}

  awaiting wait() noexcept { return awaiting(*this); }
  void set() {
    set_ = true;
    turn_.wake_all();
  }
  bool is_set() const noexcept { return set_; }

 private:
  friend awaiting;

  std::optional<bool> now() {
    if (turn_.stopped()) return false;
    return set_ ? std::optional(true) : std::nullopt;
  }
  static bool ended(bool granted) noexcept { return granted; }

  bool set_ = false;
  condition<Executor> turn_;
};

}  // namespace skein::asio
