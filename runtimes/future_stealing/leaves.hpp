// The futures that wait, and those that end on other threads: sleeps, and the join of a scope.
#pragma once

#include <cassert>
#include <utility>

#include "runtimes/clock.hpp"
#include "runtimes/future_stealing/task.hpp"
#include "runtimes/op.hpp"
#include "runtimes/poll.hpp"
#include "runtimes/scheduler.hpp"
#include "runtimes/stealing/scope.hpp"
#include "runtimes/stealing/timer.hpp"
#include "runtimes/stealing/worker.hpp"

namespace skein::future_stealing {

using stealing::scheduler_base;
using stealing::scope;
using stealing::timer;

/// An operation in the loop of the worker that polls its task, to which it ties the task until it
/// has ended (task.hpp). Its completion wakes whoever polled last, on that worker's thread. It is
/// polled and dropped by one task.
class operation : op {
 protected:
  operation() noexcept : op(&completed) {}
  /// Of one that was withdrawn from what it waited in.
  void stop_waiting() noexcept { task_->end_wait(); }

  bool waits() const noexcept { return state != op_state::idle; }
  op& self() noexcept { return *this; }
  static stealing::worker_loop& loop() noexcept { return worker::current()->loop(); }

  /// One poll: whether it has its result. `submit` is called once.
  template <class Submit>
  bool is_done(const context& with, Submit&& submit) {
    waker_ = with.waker();
    if (task_ != nullptr) {
      assert(task_ == &task_head::polled_here() && "another task's wait was polled");
      return !waits();
    }
    task_ = &task_head::polled_here();
    if (submit() == submitted::done) return true;
    task_->begin_wait();
    return false;
  }

 private:
  /// The task is anybody's, if this was its last wait, once the waker has been called: so nothing
  /// of it is touched after that.
  static void completed(op& finished) noexcept {
    const auto& ended = static_cast<operation&>(finished);
    const waker_ref to = ended.waker_;
    ended.task_->end_wait();
    to.wake();
  }

  waker_ref waker_;
  task_head* task_ = nullptr;
};

/// Ready at its deadline; cancelled when the scheduler stops.
class sleeping : operation {
 public:
  using output = wake;

  sleeping(scheduler_base& /*on*/, time_ns until_ns) noexcept { self().deadline_ns = until_ns; }
  ~sleeping() {
    if (!waits()) return;
    loop().withdraw_sleep(self());
    stop_waiting();
  }

  polled<wake> poll(context& with) {
    if (!is_done(with, [this] { return loop().submit_sleep(self()); })) return not_ready;
    return self().result == 0 ? wake::due : wake::cancelled;
  }
};

/// The same, and cancelled by its timer (T2).
class sleeping_on : operation {
 public:
  using output = wake;

  sleeping_on(scheduler_base& /*on*/, timer& by, time_ns until_ns) noexcept
      : timer_(by), until_ns_(until_ns) {}
  ~sleeping_on() {
    if (!waits()) return;
    timer_.withdraw();
    stop_waiting();
  }

  polled<wake> poll(context& with) {
    const auto submit = [this] {
      return timer_.begin(self(), until_ns_) ? submitted::pending : submitted::done;
    };
    if (!is_done(with, submit)) return not_ready;
    return timer_.how();
  }

 private:
  timer& timer_;
  time_ns until_ns_;
};

/// Ready once every task of a scope has ended. The last of them wakes whoever polled last, on its
/// own thread, with a waker that was cloned for it. Meanwhile the task may be polled elsewhere: a
/// poll first takes the wait back, and begins it anew (scope.hpp).
class joining : op {
 public:
  using output = bool;

  joining(scheduler_base& /*on*/, const scope::joining& wait) noexcept
      : op(&completed), wait_(wait) {}
  ~joining() {
    if (waits_ && !wait_.withdraw()) wait_.take();
  }

  polled<bool> poll(context& with) {
    const bool is_over = std::exchange(waits_, false) && !wait_.withdraw();
    if (!is_over) {
      if (!by_.ref().will_wake(with.waker())) by_ = waker(with.waker());
      waits_ = true;
      if (!wait_.need_not_wait(*this)) return not_ready;
      waits_ = false;
    }
    wait_.take();
    if (is_over || worker::current()->loop().may_answer()) return true;
    with.waker().wake();  // and the wait begins, and ends, once more
    return not_ready;
  }

 private:
  /// The wait may be no more once it is told.
  static void completed(op& finished) noexcept {
    auto& ended = static_cast<joining&>(finished);
    waker by = std::move(ended.by_);
    ended.wait_.tell();
    std::move(by).wake();
  }

  scope::joining wait_;
  waker by_;
  bool waits_ = false;
};

}  // namespace skein::future_stealing
