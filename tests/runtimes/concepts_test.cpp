// The concepts: for each a type that models it and one that, for a single wrong verb, does not.
#include "runtimes/coroutine/scheduler.hpp"
#include "runtimes/coroutine_stealing/scheduler.hpp"
#include "runtimes/fiber/scheduler.hpp"
#include "runtimes/future/scheduler.hpp"
#include "runtimes/future_stealing/scheduler.hpp"
#include "runtimes/libuv/scheduler.hpp"
#include "runtimes/scheduler.hpp"
#include "runtimes/thread/scheduler.hpp"
#include "tests/catch.hpp"

namespace skein {
namespace {

struct some_connection {
  int error() const noexcept { return 0; }
};
struct some_listener {};
struct some_timer {};

/// All that the styles share. Only declared: concepts look at types.
struct common {
  using connection = some_connection;
  using listener = some_listener;
  using timer = some_timer;

  explicit common(const scheduler_options& options);
  static runtime_info info();
  live_counts live() const;
  void run();
  void run(inbox& messages);
  void stop();
  listener& listen(int descriptor);
  void close(connection& closed);
  void cancel(connection& target);
  void cancel(listener& target);
  void cancel(timer& target);
};

struct direct : common {
  using common::common;
  template <class Work>
  void spawn(Work&& work);
  void yield();
  wake sleep_until(time_ns deadline_ns);
  wake sleep_until(timer& on, time_ns deadline_ns);
  connection* accept(listener& from);
  bytes read(connection& from);
  bool write(connection& to, bytes data);
};

template <class Result>
struct awaiting {
  bool await_ready();
  void await_suspend(std::coroutine_handle<> waiting);
  Result await_resume();
};

struct coroutines : common {
  using common::common;
  struct task {};
  void spawn(task work);
  awaiting<void> yield();
  awaiting<wake> sleep_until(time_ns deadline_ns);
  awaiting<wake> sleep_until(timer& on, time_ns deadline_ns);
  awaiting<connection*> accept(listener& from);
  awaiting<bytes> read(connection& from);
  awaiting<bool> write(connection& to, bytes data);
};

struct callbacks : common {
  using common::common;
  template <auto OnStep, class Session>
  void spawn(Session* session);
  template <auto OnStep, class Session>
  void yield(Session* session);
  template <auto OnWake, class Session>
  void sleep_until(timer& on, time_ns deadline_ns, Session* session);
  template <auto OnAccept, class Session>
  void accept(listener& from, Session* session);
  template <auto OnChunk, class Session>
  void receive(connection& from, Session* session);
  template <auto OnWritten, class Session>
  void write(connection& to, bytes data, Session* session);
  void task_done();
};

/// A future that is only declared.
template <class Output>
struct answering : pinned {
  using output = Output;
  polled<Output> poll(context& with);
};
struct polls : common {
  using common::common;
  struct yielding : answering<nothing> {
    explicit yielding(polls& on);
  };
  struct sleeping : answering<wake> {
    sleeping(polls& on, time_ns deadline_ns);
  };
  struct sleeping_on : answering<wake> {
    sleeping_on(polls& on, timer& by, time_ns deadline_ns);
  };
  struct accepting : answering<connection*> {
    accepting(polls& on, listener& from);
  };
  struct reading : answering<bytes> {
    reading(polls& on, connection& from);
  };
  struct writing : answering<bool> {
    writing(polls& on, connection& to, bytes data);
  };
  template <class F, class... Parts>
  void spawn(Parts&&... parts);
};

// One wrong verb each. -------------------------------------------------------------------------

struct without_stop : direct {
  using direct::direct;
  void stop() = delete;
};
struct cannot_cancel_timers : direct {
  using direct::direct;
  void cancel(connection& target);
  void cancel(listener& target);
};
struct live_is_a_number : direct {
  using direct::direct;
  std::size_t live() const;
};
struct made_from_nothing : direct {
  made_from_nothing();
};
struct without_inbox : direct {
  using direct::direct;
  void run();
};
struct sleep_returns_nothing : direct {
  using direct::direct;
  void sleep_until(time_ns deadline_ns);
  wake sleep_until(timer& on, time_ns deadline_ns);
};
struct write_returns_a_count : direct {
  using direct::direct;
  std::size_t write(connection& to, bytes data);
};
struct read_fills_a_buffer : direct {
  using direct::direct;
  std::size_t read(connection& from, std::span<std::byte> into);
};
struct accepts_a_descriptor : direct {
  using direct::direct;
  int accept(listener& from);
};
struct wakes_without_saying_how : coroutines {
  using coroutines::coroutines;
  awaiting<void> sleep_until(time_ns deadline_ns);
  awaiting<wake> sleep_until(timer& on, time_ns deadline_ns);
};
struct sleeps_on_no_timer : coroutines {
  using coroutines::coroutines;
  awaiting<wake> sleep_until(time_ns deadline_ns);
};
struct reads_without_awaiting : coroutines {
  using coroutines::coroutines;
  bytes read(connection& from);
};
struct task_does_not_move : coroutines {
  using coroutines::coroutines;
  struct task {
    task() = default;
    task(task&&) = delete;
  };
  void spawn(const task& work);
};
struct cannot_tell_the_end : callbacks {
  using callbacks::callbacks;
  void task_done() = delete;
};
struct reads_instead_of_receiving : callbacks {
  using callbacks::callbacks;
  template <auto OnChunk, class Session>
  void receive(Session* session);
};
struct reads_what_can_move : polls {
  using polls::polls;
  struct reading {
    using output = bytes;
    reading(polls& on, connection& from);
    polled<bytes> poll(context& with);
  };
};
struct polls_no_connections : polls {
  using polls::polls;
  struct accepting {};
};
struct polls_without_a_context : polls {
  using polls::polls;
  struct sleeping : pinned {
    using output = wake;
    sleeping(polls& on, time_ns deadline_ns);
    polled<wake> poll();
  };
};

template <class S>
constexpr int styles = (direct_scheduler<S> ? 1 : 0) + (coroutine_scheduler<S> ? 1 : 0) +
                       (callback_scheduler<S> ? 1 : 0) + (poll_scheduler<S> ? 1 : 0);

static_assert(scheduler<common>);
static_assert(direct_scheduler<direct> && styles<direct> == 1);
static_assert(coroutine_scheduler<coroutines> && styles<coroutines> == 1);
static_assert(callback_scheduler<callbacks> && styles<callbacks> == 1);
static_assert(poll_scheduler<polls> && styles<polls> == 1);
static_assert(styles<common> == 0);

static_assert(!scheduler<without_stop>);
static_assert(!scheduler<cannot_cancel_timers>);
static_assert(!scheduler<live_is_a_number>);
static_assert(!scheduler<made_from_nothing>);
static_assert(!scheduler<without_inbox>);
static_assert(!scheduler<int>);
static_assert(scheduler<sleep_returns_nothing> && !direct_scheduler<sleep_returns_nothing>);
static_assert(scheduler<write_returns_a_count> && !direct_scheduler<write_returns_a_count>);
static_assert(scheduler<read_fills_a_buffer> && !direct_scheduler<read_fills_a_buffer>);
static_assert(scheduler<accepts_a_descriptor> && !direct_scheduler<accepts_a_descriptor>);
static_assert(timer_scheduler<common> && !timer_scheduler<cannot_cancel_timers>);
static_assert(coroutine_tasks<sleeps_on_no_timer> && !coroutine_timers<sleeps_on_no_timer>);
static_assert(!coroutine_tasks<wakes_without_saying_how>);
static_assert(!coroutine_scheduler<wakes_without_saying_how>);
static_assert(!coroutine_scheduler<reads_without_awaiting>);
static_assert(!coroutine_scheduler<task_does_not_move>);
static_assert(!callback_scheduler<cannot_tell_the_end>);
static_assert(!callback_scheduler<reads_instead_of_receiving>);
static_assert(!poll_scheduler<reads_what_can_move>);
static_assert(!poll_scheduler<polls_without_a_context>);
static_assert(!poll_timers<polls_without_a_context>);
static_assert(poll_timers<polls_no_connections> && !poll_scheduler<polls_no_connections>);

TEST_CASE("every runtime models one style and one only") {
  REQUIRE((coroutine_scheduler<coroutine::scheduler> && styles<coroutine::scheduler> == 1));
  REQUIRE((direct_scheduler<fiber::scheduler> && styles<fiber::scheduler> == 1));
  REQUIRE((direct_scheduler<thread::scheduler> && styles<thread::scheduler> == 1));
  REQUIRE((callback_scheduler<libuv::scheduler> && styles<libuv::scheduler> == 1));
  REQUIRE((poll_scheduler<future::scheduler> && styles<future::scheduler> == 1));
}

TEST_CASE("a runtime may have tasks and timers without connections") {
  REQUIRE(coroutine_timers<coroutine_stealing::scheduler>);
  REQUIRE(scope_scheduler<coroutine_stealing::scheduler>);
  REQUIRE_FALSE(scheduler<coroutine_stealing::scheduler>);
  REQUIRE(styles<coroutine_stealing::scheduler> == 0);
  REQUIRE(poll_timers<future_stealing::scheduler>);
  REQUIRE(scope_scheduler<future_stealing::scheduler>);
  REQUIRE_FALSE(scheduler<future_stealing::scheduler>);
  REQUIRE(styles<future_stealing::scheduler> == 0);
}

TEST_CASE("a runtime says in its row what its type says") {
  REQUIRE(coroutine::scheduler::info().style == "coroutine");
  REQUIRE(fiber::scheduler::info().style == "direct");
  REQUIRE(thread::scheduler::info().style == "direct");
  REQUIRE(libuv::scheduler::info().style == "callback");
  REQUIRE(future::scheduler::info().style == "poll");
}

TEMPLATE_TEST_CASE("one wrong verb is enough not to model the concept", "", without_stop,
                   cannot_cancel_timers, live_is_a_number, made_from_nothing, without_inbox,
                   sleep_returns_nothing, write_returns_a_count, read_fills_a_buffer,
                   accepts_a_descriptor, wakes_without_saying_how, reads_without_awaiting,
                   task_does_not_move, cannot_tell_the_end, reads_instead_of_receiving,
                   reads_what_can_move, polls_without_a_context) {
  REQUIRE(styles<TestType> == 0);
}

}  // namespace
}  // namespace skein
