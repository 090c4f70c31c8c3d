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

#include <coroutine>

#include "runtimes/clock.hpp"
#include "runtimes/coroutine_stealing/task.hpp"
#include "runtimes/info.hpp"
#include "runtimes/loop/info_on.hpp"
#include "runtimes/op.hpp"
#include "runtimes/options.hpp"
#include "runtimes/scheduler.hpp"
#include "runtimes/stealing/scheduler_base.hpp"
#include "runtimes/stealing/scope.hpp"
#include "runtimes/stealing/timer.hpp"
#include "runtimes/stealing/worker.hpp"

namespace skein::coroutine_stealing {

using stealing::timer;

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
    op& parent = waiting.promise();
    parent.state = op_state::waiting;
    if (!wait.need_not_wait(parent)) return true;
    parent.state = op_state::idle;
    return worker::current()->loop().answer(parent, 0) == submitted::pending;
  }
  bool await_resume() noexcept {
    wait.take();
    return true;
  }
};

static_assert(coroutine::safe_awaiter<sleep_awaiter> && coroutine::safe_awaiter<timer_awaiter> &&
              coroutine::safe_awaiter<yield_awaiter> && coroutine::safe_awaiter<join_awaiter>);

}  // namespace detail

class scheduler : public stealing::scheduler_base {
 public:
  using task = coroutine_stealing::task;
  using scope = stealing::scope;
  using timer = stealing::timer;

  explicit scheduler(const scheduler_options& options)
      : scheduler_base(options, &worker::turn_of<task_promise>) {}

  static runtime_info info() {
    runtime_info about = info_on<scheduler, epoll_loop>("coroutine_stealing");
    about.style = "coroutine";
    about.task = "a heap frame from a recycling pool";
    about.threads = "as many as workers; tasks move: one that can run is run by any of them";
    about.takes_timers = true;
    about.takes_workers = true;
    return about;
  }

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

 private:
  void start(task::handle spawned, scope* within) noexcept {
    spawned.promise().within = within;
    worker& here = this->here();
    here.begin_task();
    here.push(spawned.promise());
  }
};

static_assert(coroutine_timers<scheduler> && scope_scheduler<scheduler>);

}  // namespace skein::coroutine_stealing
