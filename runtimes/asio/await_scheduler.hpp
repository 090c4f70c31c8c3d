// asio_await: Boost.Asio with C++20 coroutines, behind the coroutine style of the interface. How
// Asio is used, and what is unequal: boost_asio.hpp. asio_await_any is the same with
// any_io_executor, which Asio's objects and awaitables have where nothing else is said.
//
// A task is an awaitable<void>, spawned by co_spawn. While it waits it has three frames (its own,
// co_spawn's, and the operation's, which holds the timer of a sleep) and the operation. Asio
// recycles one frame and one operation a thread and allocates the others. No single frame is the
// task's, so frame_bytes says nothing.
//
// The verbs are operations of their own, and cost what Asio's cost: the same frames, and no
// coroutine around them. By hand a write that the kernel takes at once would be no operation at
// all. Here it is one that has ended, a frame from Asio's cache and some 140 instructions a
// request. So it is with a send into a channel that has room. What tasks wait for from each other,
// and why it is made of timers: condition.hpp; why a mutex is: locks.hpp.
//
// Unequal: asio_cb is arranged for what Asio recycles, and this is not. There the next accept
// begins before a connection is handed over, and sessions that are spawned together start behind
// one operation. Here a task accepts again when its turn comes, and co_spawn posts one operation
// for each.
#pragma once

#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include "runtimes/asio/await_operations.hpp"
#include "runtimes/asio/connection.hpp"
#include "runtimes/asio/info.hpp"
#include "runtimes/asio/scheduler_base.hpp"
#include "runtimes/asio/sync_types.hpp"
#include "runtimes/scheduler.hpp"

namespace skein::asio {

template <class Executor>
class await_scheduler final
    : public scheduler_base<basic_connection<Executor>, basic_listener<Executor>,
                            asio::timer<Executor>>,
      public sync_types<Executor> {
  using base =
      scheduler_base<basic_connection<Executor>, basic_listener<Executor>, asio::timer<Executor>>;

 public:
  template <class Result>
  using awaitable = net::awaitable<Result, Executor>;
  using task = awaitable<void>;
  using base::base;
  using typename base::connection;
  using typename base::listener;
  using typename base::timer;
  using scope = asio::scope<Executor>;

  static runtime_info info() {
    return std::is_same_v<Executor, net::any_io_executor> ? await_any_info() : await_info();
  }
  static std::optional<std::size_t> frame_bytes() noexcept { return std::nullopt; }

  void spawn(task work) {
    loop& home = on();
    home.task_started();
    net::co_spawn(Executor(home.get_executor()), std::move(work),
                  [&home](const std::exception_ptr& escaped) noexcept {
                    if (escaped) std::rethrow_exception(escaped);  // S5
                    home.task_ended();
                  });
  }
  void spawn(scope& within, task work) {
    loop& home = on();
    home.task_started();
    within.begin_one();
    net::co_spawn(Executor(home.get_executor()), std::move(work),
                  [&home, &within](const std::exception_ptr& escaped) noexcept {
                    if (escaped) std::rethrow_exception(escaped);  // S5
                    home.task_ended();
                    within.end_one();
                  });
  }
  awaitable<void> yield() {
    on().refill_inline();
    static constexpr net::use_awaitable_t<Executor> use{};
    return net::post(Executor(on().get_executor()), use);
  }

  awaitable<wake> sleep_until(time_ns deadline_ns) {
    if (on().is_stopping()) return by_the_queue<wake, Executor>(on(), wake::cancelled);
    return operation<wake, Executor>(sleeping<Executor>(on(), deadline_ns));
  }
  awaitable<wake> sleep_until(timer& sleeps, time_ns deadline_ns) {
    if (on().is_stopping()) return by_the_queue<wake, Executor>(on(), wake::cancelled);
    return operation<wake, Executor>([&slept = sleeps.set(on(), deadline_ns)](auto handler) {
      slept.async_wait(woken<decltype(handler)>(std::move(handler)));
    });
  }

  awaitable<connection*> accept(listener& from) {
    if (from.error() != 0) return by_the_queue<connection*, Executor>(on(), nullptr);
    return operation<connection*, Executor>([&from](auto handler) {
      from.wait(accepted<Executor, decltype(handler)>(from, std::move(handler)));
    });
  }

  awaitable<bytes> read(connection& from) {
    if (from.error() != 0) return by_the_queue<bytes, Executor>(on(), bytes());
    if (from.was_filled() && on().take_inline()) {
      if (const auto chunk = from.read()) return at_once<bytes, Executor>(*chunk);
    }
    return operation<bytes, Executor>([&from](auto handler) {
      using waiting = readable<Executor, decltype(handler)>;
      if (from.reads_into_own()) {
        from.read_into_own(waiting(from, std::move(handler)));
      } else {
        from.wait_to_read(waiting(from, std::move(handler)));
      }
    });
  }
  awaitable<bool> write(connection& to, bytes data) {
    const std::size_t taken = to.error() == 0 ? to.write(data) : 0;
    const bool complete = to.error() == 0;
    if (complete && taken < data.size()) {
      return operation<bool, Executor>(sending<Executor>(on(), to, data.subspan(taken)));
    }
    if (on().take_inline()) return at_once<bool, Executor>(complete);
    return by_the_queue<bool, Executor>(on(), complete);
  }

  /// Any wait of condition.hpp and offload.hpp: `co_await on.until(held.lock())`, in one
  /// expression, as what waits must be there until it has ended.
  template <class Wait>
  awaitable<typename std::remove_reference_t<Wait>::output> until(Wait&& wait) {
    using output = typename std::remove_reference_t<Wait>::output;
    if (const std::optional<output> ended = wait.now()) {
      if (on().take_inline()) return at_once<output, Executor>(*ended);
      return by_the_queue<output, Executor>(on(), *ended);
    }
    return operation<output, Executor>([&wait](auto handler) { wait.start(std::move(handler)); });
  }

 private:
  using base::on;
};

using concrete_await = await_scheduler<concrete_executor>;
using any_await = await_scheduler<net::any_io_executor>;

static_assert(coroutine_scheduler<concrete_await> && sync_scheduler<concrete_await>);
static_assert(coroutine_scheduler<any_await> && sync_scheduler<any_await>);

}  // namespace skein::asio
