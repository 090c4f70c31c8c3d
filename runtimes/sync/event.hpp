// A one-shot event: it is set once, and who waits, or will, goes on (W5).
#pragma once

#include "runtimes/sync/wait.hpp"

namespace skein::sync {

template <class Loop>
class event : public object<Loop> {
 public:
  /// True when the event was set; false when the scheduler stopped.
  class awaiting {
   public:
    using output = bool;
    static constexpr gives_back gives = gives_back::freely;

    explicit awaiting(event& of) noexcept : of_(&of) {}
    submitted submit(op& waiter) noexcept { return of_->submit(waiter); }
    void withdraw(op& waiter) noexcept { of_->object<Loop>::withdraw(of_->waiting_, waiter); }
    void refuse(op&) noexcept {}
    bool take(op& waiter) noexcept { return was_granted(waiter); }

   private:
    event* of_;
  };

  template <class Scheduler>
  explicit event(Scheduler& on) noexcept : object<Loop>(on.loop(), &stop) {}
  ~event() { assert(waiting_.empty() && "an event ended with a task waiting"); }

  awaiting wait() noexcept { return awaiting(*this); }

  /// Any task; more than once does nothing.
  void set() noexcept {
    set_ = true;
    this->end_all(waiting_, 0);
  }
  bool is_set() const noexcept { return set_; }

 private:
  submitted submit(op& waiter) noexcept {
    if (this->stopping()) return this->answer(waiter, -ECANCELED);
    return set_ ? this->answer(waiter, 0) : waiting_.park(waiter);
  }
  static void stop(stoppable& self) noexcept {
    auto& stopped = object<Loop>::template of<event>(self);
    stopped.end_all(stopped.waiting_, -ECANCELED);
  }

  bool set_ = false;
  wait_list waiting_;
};

}  // namespace skein::sync
