// What schedulers whose tasks move have in common: K workers, the run that they make together, its
// stop and its end. Leaves out what a task is and how it waits.
//
// A thread that runs none of its tasks may wake one all the same, with a waker. It does so as a
// visitor. The task that it wakes keeps the scheduler alive until it is in a queue, and no longer,
// as it may be run, be the last, and end the run, before the visitor has sounded the alarm. So
// visitors are counted, and a run returns when there are none.
//
//   visitors_  each adds itself while its task is in no queue yet. What the task does after that,
//              its end among it, comes after this, and so who has seen that all tasks have ended
//              reads a count that has the visitor in it, or a later one. Its subtraction is with
//              release and its last step here; who reads 0, with acquire, comes after all of them.
#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <exception>

#include "runtimes/inbox.hpp"
#include "runtimes/op.hpp"
#include "runtimes/options.hpp"
#include "runtimes/scheduler.hpp"
#include "runtimes/stealing/crew.hpp"
#include "runtimes/stealing/worker.hpp"

namespace skein::stealing {

class scheduler_base {
 public:
  /// Tasks share as threads do (workloads/styles.hpp).
  static constexpr bool tasks_run_in_parallel = true;

  scheduler_base(const scheduler_base&) = delete;
  scheduler_base& operator=(const scheduler_base&) = delete;

  /// Both throw limit_error where there is no thread for a worker, and std::system_error where the
  /// kernel fails a worker's loop. The scheduler is then stopped, and all tasks have ended.
  void run();
  void run(inbox& messages);
  /// Any worker's thread. Each worker stops its own loop.
  void stop() noexcept;

  live_counts live() const noexcept;

  // For its workers, its scopes and its tasks.
  std::size_t workers() const noexcept { return workers_.size(); }
  bool stopping() const noexcept { return stopping_.load(std::memory_order_acquire); }
  bool over() const noexcept { return over_.load(std::memory_order_acquire); }
  /// The caller has just published that it sleeps.
  bool may_end() const noexcept { return (stopping() || !serves_inbox_) && live().tasks == 0; }
  void end() noexcept {
    over_.store(true, std::memory_order_release);
    crew_.wake_all();
  }
  /// Stops all. The run throws what the first who calls this gives it.
  void fail(std::exception_ptr why) noexcept;

  /// The worker of the calling thread; null on a thread that runs none of this scheduler's tasks.
  worker* own_worker() noexcept {
    worker* const current = worker::current();
    return current != nullptr && &current->home() == this ? current : nullptr;
  }
  /// Of a visitor: a task that was woken, and which worker it was on last, where it must stay if it
  /// may not be run by any.
  void bring(op& ready, worker& last, bool must_stay) noexcept;

  /// For tests: whether a worker sleeps or searches. Between runs none does.
  bool anyone_idle() const noexcept { return crew_.anyone_idle(); }

 protected:
  /// @param take_turn  worker::turn_of<Task>
  scheduler_base(const scheduler_options& options, op::complete_fn take_turn);
  ~scheduler_base();

  /// Worker 0 for the owner thread before run.
  worker& here() noexcept {
    worker* const own = own_worker();
    return own != nullptr ? *own : workers_.front();
  }

 private:
  void run_workers(inbox& watched_by_owner);

  crew<op> crew_;
  std::deque<worker> workers_;
  bool serves_inbox_ = false;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> over_{false};
  std::atomic<std::size_t> visitors_{0};
  /// Who sets it first has failure_ to itself, which the owner reads once it has joined all
  /// workers. So it orders nothing, and relaxed suffices.
  std::atomic<bool> failed_{false};
  std::exception_ptr failure_;
};

}  // namespace skein::stealing
