// Tasks that end before their parent goes on (S7), though they end on other threads: a scope of
// runtimes/sync whose count is atomic.
//
//   left_  tasks of the scope that have not ended, and one for the parent until it joins.
//
// Whoever takes the last one away has the scope to itself: an ending task, which then wakes the
// parent, or the parent, which need not wait. Nobody else touches the scope after taking his away,
// since the parent may go on and destroy it. So the waiter is written before the parent takes its
// own away, and read by who took the last: all of them are read-modify-writes of one word with
// acquire-release, and so what each did before comes before what the last one does (join's
// happens-before, S7). begin_one is relaxed: its caller, the parent or a task of the scope, is
// itself counted, so it cannot be the last; and the new task's own end comes after it, by the queue
// that the task goes through.
//
// With one worker the same is done by plain loads and stores.
#pragma once

#include <atomic>
#include <cassert>
#include <cstddef>

#include "runtimes/op.hpp"

namespace skein::coroutine_stealing {

class scheduler;

class scope {
 public:
  /// True, once every task of the scope has ended. For the parent.
  class joining {
   public:
    using output = bool;

    explicit joining(scope& of) noexcept : of_(&of) {}
    submitted submit(op& waiter) noexcept { return of_->submit(waiter); }
    bool take(op&) noexcept { return true; }

   private:
    scope* of_;
  };

  explicit scope(scheduler& on) noexcept;
  scope(const scope&) = delete;
  scope& operator=(const scope&) = delete;
  ~scope() {
    assert(left_.load(std::memory_order_relaxed) == 1 &&
           "a task outlived its scope: join it first");
  }

  joining join() noexcept { return joining(*this); }

  // For the scheduler.
  void begin_one() noexcept {
    if (is_alone_) {
      set_left(left_.load(std::memory_order_relaxed) + 1);
    } else {
      left_.fetch_add(1, std::memory_order_relaxed);
    }
  }
  /// The last step of a task. The scope may be gone when this returns.
  void end_one() noexcept;

 private:
  submitted submit(op& waiter) noexcept;

  /// True for the last.
  bool take_one() noexcept {
    if (!is_alone_) return left_.fetch_sub(1, std::memory_order_acq_rel) == 1;
    const std::size_t left = left_.load(std::memory_order_relaxed) - 1;
    set_left(left);
    return left == 0;
  }
  void set_left(std::size_t left) noexcept { left_.store(left, std::memory_order_relaxed); }

  std::atomic<std::size_t> left_{1};
  op* joiner_ = nullptr;
  const bool is_alone_;
};

}  // namespace skein::coroutine_stealing
