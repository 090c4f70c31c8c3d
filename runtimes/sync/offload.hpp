// Work that blocks, or computes for long, is pushed aside: a thread of a small pool does it, while
// the loop goes on, and the task waits for its end (W10).
//
// The work is a function and an object that it is called on, which stay until the wait has ended.
// So nothing is allocated, and a wait that is given up while its work runs lets the owner thread
// wait for it. (tokio's spawn_blocking owns its closure, and lets it run on.)
#pragma once

#include <cstddef>
#include <functional>

#include "runtimes/sync/wait.hpp"
#include "runtimes/sync/work_threads.hpp"

namespace skein::sync {

template <class Loop>
class offload_pool : public object<Loop> {
 public:
  /// True when the work is done; false when the scheduler stopped before it began.
  class working {
   public:
    using output = bool;
    static constexpr gives_back gives = gives_back::never;

    working(offload_pool& of, void (*work)(void*) noexcept, void* on) noexcept : of_(&of) {
      job_.work = work;
      job_.on = on;
    }
    submitted submit(op& waiter) noexcept { return of_->submit(waiter, job_); }
    void withdraw(op& waiter) noexcept { of_->give_up(waiter, job_); }
    void refuse(op&) noexcept {}
    bool take(op& waiter) noexcept { return was_granted(waiter); }

   private:
    friend offload_pool;

    struct job_of_wait : job {
      offload_pool* pool = nullptr;
      op* waiter = nullptr;
    };

    offload_pool* of_;
    job_of_wait job_;
  };

  /// At most so many run at once. Made before the scheduler runs. Throws std::system_error where
  /// there can be no more threads.
  template <class Scheduler>
  offload_pool(Scheduler& on, std::size_t threads)
      : object<Loop>(on.loop(), &stop),
        mailbox_(on.loop().from_other_threads()),
        threads_(threads, mailbox_) {}

  /// Calls `Work` with `on`. An exception ends the process.
  template <auto Work, class Of>
  working run(Of& on) noexcept {
    return working(
        *this, [](void* with) noexcept { std::invoke(Work, *static_cast<Of*>(with)); }, &on);
  }

 private:
  using own_job = typename working::job_of_wait;

  submitted submit(op& waiter, own_job& asked) noexcept {
    if (this->stopping()) return this->answer(waiter, -ECANCELED);
    asked.pool = this;
    asked.waiter = &waiter;
    asked.open = [](letter& posted) noexcept {
      auto& done = static_cast<own_job&>(posted);
      done.pool->end(*done.waiter, 0);
    };
    waiter.state = op_state::waiting;
    threads_.add(asked);
    return submitted::pending;
  }

  void give_up(op& waiter, own_job& unwanted) noexcept {
    if (waiter.state == op_state::idle) return;
    if (waiter.state == op_state::waiting) {
      if (threads_.take_back(unwanted)) {
        waiter.state = op_state::idle;
        return;
      }
      mailbox_.on_readable();
    }
    this->unqueue(waiter);
  }

  static void stop(stoppable& self) noexcept {
    auto& stopped = object<Loop>::template of<offload_pool>(self);
    while (job* const queued = stopped.threads_.take_back_any()) {
      stopped.end(*static_cast<own_job*>(queued)->waiter, -ECANCELED);
    }
  }

  mailbox& mailbox_;
  work_threads threads_;
};

}  // namespace skein::sync
