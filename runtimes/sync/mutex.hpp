// A mutex that a task waits for without blocking its thread. Whoever unlocks hands it to the one
// that waited longest, so nobody starves, and nobody gets in between (W4).
#pragma once

#include "runtimes/sync/wait.hpp"

namespace skein::sync {

template <class Loop>
class mutex : public object<Loop> {
 public:
  /// True when the task has the lock; false when the scheduler stopped.
  class locking {
   public:
    using output = bool;
    static constexpr gives_back gives = gives_back::freely;

    explicit locking(mutex& of) noexcept : of_(&of) {}
    submitted submit(op& waiter) noexcept { return of_->submit(waiter); }
    void withdraw(op& waiter) noexcept {
      if (of_->object<Loop>::withdraw(of_->waiting_, waiter)) of_->unlock();
    }
    void refuse(op&) noexcept { of_->unlock(); }
    bool take(op& waiter) noexcept { return was_granted(waiter); }

   private:
    mutex* of_;
  };

  template <class Scheduler>
  explicit mutex(Scheduler& on) noexcept : object<Loop>(on.loop(), &stop) {}
  ~mutex() { assert(!locked_ && waiting_.empty() && "a mutex ended in use"); }

  locking lock() noexcept { return locking(*this); }

  /// By the task that has the lock.
  void unlock() noexcept {
    assert(locked_ && "unlock without a lock");
    if (op* const next = waiting_.take()) {
      this->end(*next, 0);
    } else {
      locked_ = false;
    }
  }

 private:
  submitted submit(op& waiter) noexcept {
    if (this->stopping()) return this->answer(waiter, -ECANCELED);
    if (locked_) return waiting_.park(waiter);
    locked_ = true;
    return this->answer(waiter, 0);
  }
  static void stop(stoppable& self) noexcept {
    auto& stopped = object<Loop>::template of<mutex>(self);
    stopped.end_all(stopped.waiting_, -ECANCELED);
  }

  bool locked_ = false;
  wait_list waiting_;
};

}  // namespace skein::sync
