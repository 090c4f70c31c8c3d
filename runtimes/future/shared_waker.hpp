// Wakers that may go to other threads and stay there: what the clones of one task's waker share,
// and the way from there to the scheduler.
//
// No wake is lost, though the scheduler sleeps in the kernel. A wake first puts its task into the
// list, and writes to the eventfd if the list was empty. The scheduler first reads the eventfd, and
// then takes the list. A wake that comes before it takes the list is taken with it. One that comes
// after finds the list empty, and writes: the eventfd is readable until that is read, and the
// kernel wakes who sleeps on it. All else is under the list's lock.
//
// Two locks, and always in this order: a shared_waker's, then the list's.
#pragma once

#include <atomic>
#include <mutex>
#include <vector>

#include "runtimes/future/task.hpp"
#include "runtimes/inbox.hpp"
#include "runtimes/poll.hpp"

namespace skein::future {

/// What all clones of one task's waker share. The task holds one reference until its end, and each
/// clone one; the last frees it. Any thread.
class shared_waker : pinned {
 public:
  explicit shared_waker(task_head& of) noexcept : task_(&of) {}

  /// A waker that wakes nobody.
  static waker_ref of_nobody() { return (new shared_waker)->lent(); }

  /// A clone, with a reference of its own.
  waker_ref clone() noexcept {
    acquire();
    return {this, &table};
  }
  /// The task's own, on loan.
  waker_ref lent() noexcept { return {this, &table}; }

  void acquire() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
  void release() noexcept;

  /// The task is over: what is woken from now on is nobody (P6, P8). Called by the owner thread.
  void forget_task() noexcept {
    const std::scoped_lock lock(mutex_);
    task_ = nullptr;
  }
  /// Null once the task is over. For the owner thread, which alone ends tasks.
  task_head* task() const noexcept { return task_; }

 private:
  friend class remote_wakes;

  shared_waker() = default;
  void wake() noexcept;

  static const waker_table table;

  std::atomic<std::size_t> references_{1};
  std::mutex mutex_;
  task_head* task_ = nullptr;  ///< written by the owner thread under the lock
  bool listed_ = false;        ///< in the list of remote_wakes, and under its lock
};

/// Wakes from other threads, on their way to the owner thread. An inbox of the scheduler's loop.
class remote_wakes final : public inbox {
 public:
  /// Throws std::system_error where no eventfd can be had.
  explicit remote_wakes(scheduler& of);
  ~remote_wakes() override;

  /// Any thread but the owner's. The waker's task is not over.
  void add(shared_waker& woken) noexcept;

  int descriptor() const noexcept override { return event_; }
  void on_readable() noexcept override;

 private:
  scheduler& scheduler_;
  int event_;
  std::mutex mutex_;
  std::vector<shared_waker*> listed_;  ///< each with a reference
  std::vector<shared_waker*> taken_;   ///< the owner thread's
};

}  // namespace skein::future
