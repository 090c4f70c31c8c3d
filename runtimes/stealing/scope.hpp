// Tasks that end before their parent goes on (S7), though they end on other threads: a scope of
// runtimes/sync whose count is atomic.
//
//   left_  tasks of the scope that have not ended, and one for the parent until it joins; 0 once
//          who ended last has taken his away, and is to complete the parent's wait.
//   over   which it is instead where the parent must not go on before it is told (below).
//
// Whoever takes the last one away has the scope to itself: an ending task, which then completes the
// parent's wait, or the parent, which need not wait. Nobody else touches the scope after taking his
// away, since the parent may go on and destroy it. So the waiter is written before the parent takes
// its own away, and read by who took the last: all of them are read-modify-writes of one word with
// acquire-release, and so what each did before comes before what the last one does (join's
// happens-before, S7). begin_one is relaxed: its caller, the parent or a task of the scope, is
// itself counted, so it cannot be the last; and the new task's own end comes after it, by the queue
// that the task goes through. The parent puts its own back when it goes on (take).
//
// A parent that may go on though nobody has completed its wait, as a future that is polled for
// another reason, first takes its own back (withdraw), which is a compare-exchange of a count that
// is not 0: then nobody has ended last, and nobody does meanwhile. Where it is 0, who ended last is
// at work on the waiter, for a few instructions, and says so when it is not any more (tell): with
// release, after it has read of the waiter what it needs. The parent waits for that word, which it
// acquires, and owns scope and waiter from then on.
//
// With one worker the same is done by plain loads and stores.
#pragma once

#include <atomic>
#include <cassert>
#include <cstddef>
#include <limits>
#include <thread>

#include "runtimes/op.hpp"

namespace skein::stealing {

class scheduler_base;

class scope {
 public:
  /// True, once every task of the scope has ended. For the parent.
  class joining {
   public:
    using output = bool;

    explicit joining(scope& of) noexcept : of_(&of) {}

    /// False where a task has yet to end: `waiter` is then completed on the thread of the last.
    bool need_not_wait(op& waiter) noexcept {
      of_->joiner_ = &waiter;
      return of_->take_one();
    }
    /// The parent goes on.
    void take() noexcept { of_->set_left(1); }

    // Of a waiter that may be asked before it is completed.
    /// Of its completion: the waiter is the parent's again.
    void tell() noexcept { of_->left_.store(over, std::memory_order_release); }
    /// False where all have ended; otherwise the waiter is completed no more.
    bool withdraw() noexcept { return of_->withdraw(); }

   private:
    scope* of_;
  };

  explicit scope(scheduler_base& on) noexcept;
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
  void end_one() noexcept {
    if (take_one()) joiner_->complete(*joiner_);
  }

 private:
  static constexpr std::size_t over = std::numeric_limits<std::size_t>::max();

  /// True for the last.
  bool take_one() noexcept {
    if (!is_alone_) return left_.fetch_sub(1, std::memory_order_acq_rel) == 1;
    const std::size_t left = left_.load(std::memory_order_relaxed) - 1;
    set_left(left);
    return left == 0;
  }
  bool withdraw() noexcept {
    std::size_t left = left_.load(std::memory_order_relaxed);
    while (left != 0 && left != over) {
      if (left_.compare_exchange_weak(left, left + 1, std::memory_order_acq_rel,
                                      std::memory_order_relaxed)) {
        return true;
      }
    }
    while (left_.load(std::memory_order_acquire) != over) std::this_thread::yield();
    return false;
  }
  void set_left(std::size_t left) noexcept { left_.store(left, std::memory_order_relaxed); }

  std::atomic<std::size_t> left_{1};
  op* joiner_ = nullptr;
  const bool is_alone_;
};

}  // namespace skein::stealing
