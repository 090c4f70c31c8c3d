// Stackless coroutines on an event loop: the coroutine style of the interface.
//
// This file only says how a coroutine waits: each verb's awaiter submits the task's one operation
// to the loop and then either goes on (done) or suspends (pending). The loop is a parameter; the
// fiber runtime uses the same one. A task uses the verbs of the scheduler it was spawned on.
#pragma once

#include <cassert>
#include <cerrno>
#include <coroutine>
#include <cstddef>
#include <optional>

#include "runtimes/clock.hpp"
#include "runtimes/coroutine/task.hpp"
#include "runtimes/inbox.hpp"
#include "runtimes/info.hpp"
#include "runtimes/loop/epoll_loop.hpp"
#include "runtimes/loop/info_on.hpp"
#include "runtimes/loop/read_deadline.hpp"
#include "runtimes/loop/timer.hpp"
#include "runtimes/loop/uring_loop.hpp"
#include "runtimes/options.hpp"
#include "runtimes/scheduler.hpp"
#include "runtimes/shared/frame_pool.hpp"
#include "runtimes/sync/types.hpp"

namespace skein::coroutine {

namespace detail {

template <class Loop>
Loop& loop_of(task::handle waiting) noexcept {
  return *static_cast<Loop*>(waiting.promise().home->loop);
}

template <class Loop>
Loop& loop_of(op& finished) noexcept {
  return *static_cast<Loop*>(static_cast<task::promise_type&>(finished).home->loop);
}

/// Base of the awaiters. Before the submit it holds what is waited for; after that, the finished
/// operation.
template <class Object>
struct operation_awaiter {
  union {
    Object* object;
    op* finished;
  };

  explicit operation_awaiter(Object& waited_for) noexcept : object(&waited_for) {}
  bool await_ready() const noexcept { return false; }

  Object& begin(task::handle waiting) noexcept {
    Object& waited_for = *object;
    finished = &waiting.promise();
    return waited_for;
  }
};

template <class Loop>
struct accept_awaiter : operation_awaiter<typename Loop::listener> {
  using operation_awaiter<typename Loop::listener>::operation_awaiter;

  bool await_suspend(task::handle waiting) noexcept {
    auto& from = this->begin(waiting);
    return loop_of<Loop>(waiting).submit_accept(from, waiting.promise()) == submitted::pending;
  }
  typename Loop::connection* await_resume() const noexcept {
    if (this->finished->result < 0) return nullptr;
    return static_cast<typename Loop::connection*>(this->finished->target);
  }
};

template <class Loop>
struct read_awaiter : operation_awaiter<typename Loop::connection> {
  using operation_awaiter<typename Loop::connection>::operation_awaiter;

  bool await_suspend(task::handle waiting) noexcept {
    auto& from = this->begin(waiting);
    return loop_of<Loop>(waiting).submit_read(from, waiting.promise()) == submitted::pending;
  }
  bytes await_resume() const noexcept {
    op& read = *this->finished;
    if (read.result <= 0) return {};
    const auto& from = *static_cast<typename Loop::connection*>(read.target);
    return {loop_of<Loop>(read).data(from), static_cast<std::size_t>(read.result)};
  }
};

template <class Loop>
struct read_until_awaiter {
  read_awaiter<Loop> read;
  read_deadline<Loop> deadline;

  read_until_awaiter(typename Loop::connection& from, time_ns deadline_ns) noexcept
      : read(from), deadline(deadline_ns) {}
  bool await_ready() const noexcept { return false; }
  bool await_suspend(task::handle waiting) noexcept {
    auto& from = *read.object;
    if (!read.await_suspend(waiting)) return false;
    deadline.arm(loop_of<Loop>(waiting), from);
    return true;
  }
  std::optional<bytes> await_resume() noexcept {
    deadline.disarm();
    if (read.finished->result == read_given_up) return std::nullopt;
    return read.await_resume();
  }
};

template <class Loop>
struct write_awaiter : operation_awaiter<typename Loop::connection> {
  const bytes* data;  // lives in the awaiting frame until the end of the co_await expression

  write_awaiter(typename Loop::connection& to, const bytes& outgoing) noexcept
      : operation_awaiter<typename Loop::connection>(to), data(&outgoing) {}
  bool await_suspend(task::handle waiting) noexcept {
    auto& to = this->begin(waiting);
    return loop_of<Loop>(waiting).submit_write(to, *data, waiting.promise()) == submitted::pending;
  }
  bool await_resume() const noexcept { return this->finished->result == 0; }
};

template <class Loop>
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
    return loop_of<Loop>(waiting).submit_sleep(sleeper) == submitted::pending;
  }
  wake await_resume() const noexcept { return finished->result == 0 ? wake::due : wake::cancelled; }
};

template <class Loop>
struct timer_awaiter : sleep_awaiter<Loop> {
  timer* on_timer;

  timer_awaiter(timer& waited_for, time_ns until_ns) noexcept
      : sleep_awaiter<Loop>(until_ns), on_timer(&waited_for) {}
  bool await_suspend(task::handle waiting) noexcept {
    assert(on_timer->waiter == nullptr && "a timer carries one wait at a time (T3)");
    on_timer->waiter = &waiting.promise();
    return sleep_awaiter<Loop>::await_suspend(waiting);
  }
  wake await_resume() const noexcept {
    on_timer->waiter = nullptr;
    return sleep_awaiter<Loop>::await_resume();
  }
};

template <class Loop>
struct yield_awaiter {
  bool await_ready() const noexcept { return false; }
  void await_suspend(task::handle waiting) const noexcept {
    loop_of<Loop>(waiting).post(waiting.promise());
  }
  void await_resume() const noexcept {}
};

/// Any wait of runtimes/sync. It stays where it was made, in the frame of who awaits it: g++ would
/// copy it there with loads that are wider than the stores before them, which stalls the CPU.
template <class Wait>
struct wait_awaiter {
  Wait& wait;
  op* finished = nullptr;

  explicit wait_awaiter(Wait& waited_for) noexcept : wait(waited_for) {}
  bool await_ready() const noexcept { return false; }
  bool await_suspend(task::handle waiting) noexcept {
    finished = &waiting.promise();
    return wait.submit(*finished) == submitted::pending;
  }
  auto await_resume() noexcept { return wait.take(*finished); }
};

}  // namespace detail

template <class Loop>
class basic_scheduler : public sync::types<Loop> {
 public:
  using task = coroutine::task;
  using connection = typename Loop::connection;
  using listener = typename Loop::listener;
  using timer = skein::timer;
  using read_wait = sync::reading<Loop>;

  explicit basic_scheduler(const scheduler_options& options) : loop_(options), home_{&loop_} {}
  basic_scheduler(const basic_scheduler&) = delete;
  basic_scheduler& operator=(const basic_scheduler&) = delete;

  static runtime_info info() {
    runtime_info about = info_on<basic_scheduler, Loop>("coroutine");
    about.style = "coroutine";
    about.task = "a heap frame from a recycling pool";
    about.takes_timers = true;
    about.takes_strategy = Loop::facts().orders_woken;
    return about;
  }

  /// Of the task that this thread spawned last; none before the first.
  static std::optional<std::size_t> frame_bytes() noexcept {
    const std::size_t size_bytes = frame_pool::local().last_frame_bytes();
    return size_bytes > 0 ? std::optional(size_bytes) : std::nullopt;
  }

  void spawn(task work) {
    const task::handle started = work.release();
    started.promise().home = &home_;
    ++home_.live_tasks;
    loop_.post(started.promise());
  }

  /// Tasks that end before their parent goes on (sync/scope.hpp).
  class scope : task_home, public sync::scope<Loop> {
   public:
    explicit scope(basic_scheduler& on) noexcept
        : task_home{&on.loop_, 0, &end_one_of}, sync::scope<Loop>(on), all_(on.home_) {}

   private:
    friend basic_scheduler;
    static void end_one_of(task_home& self) noexcept {
      auto& of = static_cast<scope&>(self);
      --of.all_.live_tasks;
      of.end_one();
    }
    task_home& all_;
  };

  void spawn(scope& within, task work) {
    const task::handle started = work.release();
    started.promise().home = &within;
    ++home_.live_tasks;
    within.begin_one();
    loop_.post(started.promise());
  }

  /// Any wait of runtimes/sync: `co_await on.until(held.lock())`, in one expression, as what waits
  /// must be there until it has ended.
  template <class Wait>
    requires sync::waitable<std::remove_reference_t<Wait>>
  auto until(Wait&& wait) noexcept {
    return detail::wait_awaiter<std::remove_reference_t<Wait>>(wait);
  }
  Loop& loop() noexcept { return loop_; }

  auto yield() noexcept { return detail::yield_awaiter<Loop>{}; }
  auto sleep_until(time_ns deadline_ns) noexcept {
    return detail::sleep_awaiter<Loop>(deadline_ns);
  }
  auto sleep_until(timer& on, time_ns deadline_ns) noexcept {
    return detail::timer_awaiter<Loop>(on, deadline_ns);
  }
  auto accept(listener& from) noexcept { return detail::accept_awaiter<Loop>(from); }
  auto read(connection& from) noexcept { return detail::read_awaiter<Loop>(from); }
  auto read(connection& from, time_ns deadline_ns) noexcept {
    return detail::read_until_awaiter<Loop>(from, deadline_ns);
  }
  /// By reference: g++ would give a by-value span a slot of its own in every frame that writes.
  auto write(connection& to, const bytes& data) noexcept {
    return detail::write_awaiter<Loop>(to, data);
  }

  listener& listen(int descriptor) { return loop_.listen(descriptor); }
  void close(connection& closed) noexcept { loop_.close(closed); }
  void cancel(connection& target) noexcept { loop_.cancel(target); }
  void cancel(listener& target) noexcept { loop_.cancel(target); }
  void cancel(timer& target) noexcept {
    if (target.waiter != nullptr) loop_.cancel_sleep(*target.waiter);
  }

  void run() {
    loop_.run(nullptr, [this] { return home_.live_tasks == 0; });
  }
  void run(inbox& messages) {
    loop_.run(&messages, [this] { return loop_.stopping() && home_.live_tasks == 0; });
  }
  void stop() noexcept { loop_.stop(); }

  live_counts live() const noexcept { return {home_.live_tasks, loop_.live_connections()}; }

 private:
  Loop loop_;
  task_home home_;
};

namespace detail {

/// Rule 1 of awaitable.hpp, for every verb.
template <class Loop>
concept safe_verbs = safe_awaiter<accept_awaiter<Loop>> && safe_awaiter<read_awaiter<Loop>> &&
                     safe_awaiter<read_until_awaiter<Loop>> && safe_awaiter<write_awaiter<Loop>> &&
                     safe_awaiter<sleep_awaiter<Loop>> && safe_awaiter<timer_awaiter<Loop>> &&
                     safe_awaiter<yield_awaiter<Loop>>;

}  // namespace detail

using scheduler = basic_scheduler<epoll_loop>;
using uring_scheduler = basic_scheduler<uring_loop>;

static_assert(coroutine_scheduler<scheduler> && detail::safe_verbs<epoll_loop>);
static_assert(coroutine_scheduler<uring_scheduler> && detail::safe_verbs<uring_loop>);
static_assert(read_deadline_scheduler<scheduler> && read_deadline_scheduler<uring_scheduler>);

}  // namespace skein::coroutine
