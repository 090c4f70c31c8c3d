// Stackless coroutines on several threads: M tasks on K workers. Runnable tasks may be stolen by a
// worker that has none; waiting ones stay with the loop that they wait in, and are runnable on its
// worker when their wait ends.
//
// It offers what needs no connection: spawn, yield, sleeps and timers, and scopes. Workloads that
// take more are limits by name. What a task shares with others it must share as threads do.
//
// Which thread runs what: a task goes on on any worker after a wait or a yield, and on one at a
// time; each step of it happens-before the next, by the queues. Worker 0 is the owner thread, which
// called run, and serves the inbox.
#pragma once

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <deque>
#include <exception>

#include "runtimes/clock.hpp"
#include "runtimes/coroutine_stealing/scope.hpp"
#include "runtimes/coroutine_stealing/task.hpp"
#include "runtimes/coroutine_stealing/timer.hpp"
#include "runtimes/coroutine_stealing/worker.hpp"
#include "runtimes/inbox.hpp"
#include "runtimes/info.hpp"
#include "runtimes/loop/info_on.hpp"
#include "runtimes/options.hpp"
#include "runtimes/scheduler.hpp"

namespace skein::coroutine_stealing {

namespace detail {

struct sleep_awaiter {
  union {
    time_ns deadline_ns;
    op* finished;
  };

  explicit sleep_awaiter(time_ns until_ns) noexcept : deadline_ns(until_ns) {}
  bool await_ready() const noexcept { return false; }
  bool await_suspend(task::handle waiting) noexcept {
    op& sleeper = waiting.promise();
    sleeper.deadline_ns = deadline_ns;
    finished = &sleeper;
    return worker::current()->loop().submit_sleep(sleeper) == submitted::pending;
  }
  wake await_resume() const noexcept { return finished->result == 0 ? wake::due : wake::cancelled; }
};

struct timer_awaiter {
  timer* on;
  time_ns deadline_ns;

  timer_awaiter(timer& waited_for, time_ns until_ns) noexcept
      : on(&waited_for), deadline_ns(until_ns) {}
  bool await_ready() const noexcept { return false; }
  bool await_suspend(task::handle waiting) const noexcept {
    return on->begin(waiting.promise(), deadline_ns);
  }
  wake await_resume() const noexcept { return on->how(); }
};

struct yield_awaiter {
  bool await_ready() const noexcept { return false; }
  void await_suspend(task::handle waiting) const noexcept {
    worker::current()->push(waiting.promise());
  }
  void await_resume() const noexcept {}
};

struct join_awaiter {
  scope::joining wait;

  bool await_ready() const noexcept { return false; }
  bool await_suspend(task::handle waiting) noexcept {
    return wait.submit(waiting.promise()) == submitted::pending;
  }
  bool await_resume() const noexcept { return true; }
};

static_assert(coroutine::safe_awaiter<sleep_awaiter> && coroutine::safe_awaiter<timer_awaiter> &&
              coroutine::safe_awaiter<yield_awaiter> && coroutine::safe_awaiter<join_awaiter>);

}  // namespace detail

class scheduler {
 public:
  using task = coroutine_stealing::task;
  using scope = coroutine_stealing::scope;
  using timer = coroutine_stealing::timer;

  /// Tasks share as threads do (workloads/styles.hpp).
  static constexpr bool tasks_run_in_parallel = true;

  explicit scheduler(const scheduler_options& options);
  scheduler(const scheduler&) = delete;
  scheduler& operator=(const scheduler&) = delete;
  ~scheduler();

  static runtime_info info();

  void spawn(task work) { start(work.release(), nullptr); }
  void spawn(scope& within, task work) {
    within.begin_one();
    start(work.release(), &within);
  }

  auto yield() noexcept { return detail::yield_awaiter{}; }
  auto sleep_until(time_ns deadline_ns) noexcept { return detail::sleep_awaiter(deadline_ns); }
  auto sleep_until(timer& on, time_ns deadline_ns) noexcept {
    return detail::timer_awaiter(on, deadline_ns);
  }
  void cancel(timer& target) noexcept { target.cancel(); }
  auto until(const scope::joining& wait) noexcept { return detail::join_awaiter{wait}; }

  /// Both throw limit_error where there is no thread for a worker, and std::system_error where the
  /// kernel fails a worker's loop. The scheduler is then stopped, and all tasks have ended.
  void run();
  void run(inbox& messages);
  /// Any worker's thread. Each worker stops its own loop.
  void stop() noexcept;

  live_counts live() const noexcept;

  // For its workers.
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

  /// For tests: whether a worker sleeps or searches. Between runs none does.
  bool anyone_idle() const noexcept { return crew_.anyone_idle(); }

 private:
  void start(task::handle spawned, scope* within) noexcept {
    spawned.promise().within = within;
    worker& here = this->here();
    here.begin_task();
    here.push(spawned.promise());
  }
  /// The worker of the calling thread; null on a thread that runs none of this scheduler's tasks.
  worker* own_worker() noexcept {
    worker* const current = worker::current();
    return current != nullptr && &current->home() == this ? current : nullptr;
  }
  /// Worker 0 for the owner thread before run.
  worker& here() noexcept {
    worker* const own = own_worker();
    return own != nullptr ? *own : workers_.front();
  }
  void run_workers(inbox& watched_by_owner);

  crew crew_;
  std::deque<worker> workers_;
  bool serves_inbox_ = false;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> over_{false};
  /// Who sets it first has failure_ to itself, which the owner reads once it has joined all
  /// workers. So it orders nothing, and relaxed suffices.
  std::atomic<bool> failed_{false};
  std::exception_ptr failure_;
};

static_assert(coroutine_timers<scheduler> && scope_scheduler<scheduler>);

}  // namespace skein::coroutine_stealing
