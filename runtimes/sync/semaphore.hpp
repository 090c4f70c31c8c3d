// A counted wait: so many permits, taken in the order in which they were asked for (W5).
#pragma once

#include <cstddef>

#include "runtimes/sync/wait.hpp"

namespace skein::sync {

template <class Loop>
class semaphore : public object<Loop> {
 public:
  /// True when the task has a permit; false when the scheduler stopped.
  class acquiring {
   public:
    using output = bool;
    static constexpr gives_back gives = gives_back::freely;

    explicit acquiring(semaphore& of) noexcept : of_(&of) {}
    submitted submit(op& waiter) noexcept { return of_->submit(waiter); }
    void withdraw(op& waiter) noexcept {
      if (of_->object<Loop>::withdraw(of_->waiting_, waiter)) of_->release();
    }
    void refuse(op&) noexcept { of_->release(); }
    bool take(op& waiter) noexcept { return was_granted(waiter); }

   private:
    semaphore* of_;
  };

  template <class Scheduler>
  semaphore(Scheduler& on, std::size_t permits) noexcept
      : object<Loop>(on.loop(), &stop), permits_(permits) {}
  ~semaphore() { assert(waiting_.empty() && "a semaphore ended with a task waiting"); }

  acquiring acquire() noexcept { return acquiring(*this); }

  /// Adds a permit, or hands it to the one that waited longest. Any task.
  void release() noexcept {
    if (op* const next = waiting_.take()) {
      this->end(*next, 0);
    } else {
      ++permits_;
    }
  }

 private:
  submitted submit(op& waiter) noexcept {
    if (this->stopping()) return this->answer(waiter, -ECANCELED);
    if (permits_ == 0) return waiting_.park(waiter);
    --permits_;
    return this->answer(waiter, 0);
  }
  static void stop(stoppable& self) noexcept {
    auto& stopped = object<Loop>::template of<semaphore>(self);
    stopped.end_all(stopped.waiting_, -ECANCELED);
  }

  std::size_t permits_;
  wait_list waiting_;
};

}  // namespace skein::sync
