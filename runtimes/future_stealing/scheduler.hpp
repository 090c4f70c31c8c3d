// Polled futures on several threads: the poll style with M tasks on K workers. Queues, parking,
// loops and wheels are those of coroutine_stealing (runtimes/stealing), so that the two differ in
// how a task waits alone.
//
// It offers what needs no connection: spawn, yield, sleeps and timers, and scopes. Workloads that
// take more are limits by name. What a task shares with others it must share as threads do.
//
// Which thread runs what: a task is polled by any worker, by one at a time, and each poll
// happens-before the next; while it waits for a loop, by the worker of that loop (task.hpp). It is
// woken from any thread (task_word.hpp). Worker 0 is the owner thread, which called run, and serves
// the inbox.
#pragma once

#include <concepts>
#include <utility>

#include "runtimes/future_stealing/leaves.hpp"
#include "runtimes/future_stealing/task.hpp"
#include "runtimes/info.hpp"
#include "runtimes/loop/epoll_loop.hpp"
#include "runtimes/loop/info_on.hpp"
#include "runtimes/options.hpp"
#include "runtimes/poll.hpp"
#include "runtimes/scheduler.hpp"
#include "runtimes/shared/future_in_scope.hpp"
#include "runtimes/shared/yielding.hpp"
#include "runtimes/stealing/scheduler_base.hpp"
#include "runtimes/stealing/scope.hpp"
#include "runtimes/stealing/stays_on_thread.hpp"
#include "runtimes/stealing/timer.hpp"
#include "runtimes/stealing/worker.hpp"

namespace skein::future_stealing {

class scheduler : public stealing::scheduler_base {
 public:
  using scope = stealing::scope;
  using timer = stealing::timer;
  using yielding = skein::yielding;
  using sleeping = future_stealing::sleeping;
  using sleeping_on = future_stealing::sleeping_on;
  /// Tasks wait for nothing of each other but their ends.
  template <std::same_as<scope::joining> Wait>
  using waiting = joining;

  explicit scheduler(const scheduler_options& options)
      : scheduler_base(options, &worker::turn_of<task_head>) {}

  static runtime_info info() {
    runtime_info about = info_on<scheduler, epoll_loop>("future_stealing");
    about.style = "poll";
    about.task = "a future and 64 B, in one allocation from a recycling pool";
    about.threads = "as many as workers; tasks move: one that can run is run by any of them";
    about.takes_timers = true;
    about.takes_workers = true;
    return about;
  }

  template <class F, class... Parts>
  void spawn(Parts&&... parts) {
    check<F, Parts...>();
    start<F>(std::forward<Parts>(parts)...);
  }
  template <class F, class... Parts>
  void spawn(scope& within, Parts&&... parts) {
    check<F, Parts...>();
    start<future_in_scope<F, scope>>(within, std::forward<Parts>(parts)...);
  }

  void cancel(timer& target) noexcept { target.cancel(); }

 private:
  template <class... Parts>
  static consteval void check() {
    static_assert((stealing::may_change_threads<Parts> && ...),
                  "a task that changes threads has a part that stays on its thread");
  }
  template <class F, class... Parts>
  void start(Parts&&... parts) {
    worker& at = here();
    auto* const spawned = new task<F>(at, std::forward<Parts>(parts)...);
    at.begin_task();
    at.push(*spawned);
  }
};

static_assert(poll_timers<scheduler> && scope_scheduler<scheduler>);

}  // namespace skein::future_stealing
