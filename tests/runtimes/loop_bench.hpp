// What tests speak raw operations to an event loop with: an operation that notes its completions,
// and a loop with a listener that runs until something holds. What every loop must do is tested for
// both by SKEIN_FOR_BOTH_LOOPS. Clients are plain sockets on the same thread, unless they must talk
// while the loop runs.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "runtimes/clock.hpp"
#include "runtimes/loop/connection.hpp"
#include "runtimes/loop/epoll_loop.hpp"
#include "runtimes/loop/uring_loop.hpp"
#include "runtimes/op.hpp"
#include "runtimes/options.hpp"
#include "runtimes/socket.hpp"
#include "tests/catch.hpp"
#include "tests/io_uring.hpp"
#include "tests/options.hpp"

namespace skein::test {

/// An operation that notes its completions and then does what the test says.
struct noted : op {
  noted() : op(&completed) {}
  explicit noted(std::function<void(noted&)> afterwards)
      : op(&completed), then(std::move(afterwards)) {}

  static void completed(op& finished) noexcept {
    auto& self = static_cast<noted&>(finished);
    ++self.completions;
    if (self.then) self.then(self);
  }

  int completions = 0;
  std::function<void(noted&)> then;
};

/// A loop with a listener, and how to run it until something holds. A loop that would block for
/// ever is ended by a timer of the test's own.
template <class Loop>
struct bench_of {
  template <class... Others>
  explicit bench_of(const scheduler_options& options = options_with(buffer_policy::lent),
                    Others... others)
      : loop(options, others...) {
    const listening_socket socket = make_listener(blocking::no);
    listener = &loop.listen(socket.descriptor);
    port = socket.port;
  }

  template <class Done>
  void run_until(Done done) {
    noted patience;
    patience.deadline_ns = from_now(20 * ns_per_s);
    REQUIRE((loop.submit_sleep(patience) == submitted::pending));
    loop.run(nullptr, [&] { return done() || patience.completions != 0; });
    const bool in_time = patience.completions == 0;
    loop.cancel_sleep(patience);
    loop.run(nullptr, [&] { return patience.completions != 0; });
    REQUIRE(in_time);
  }

  /// Runs turns of the loop, for whatever is queued or has arrived to be acted upon.
  void settle(time_ns for_ns = 2 * ns_per_ms) {
    noted alarm;
    alarm.deadline_ns = from_now(for_ns);
    if (loop.submit_sleep(alarm) == submitted::done) return;
    loop.run(nullptr, [&] { return alarm.completions != 0; });
  }

  connection& accept() {
    noted waiter;
    REQUIRE(result_of(loop.submit_accept(*listener, waiter), waiter) == 0);
    return *static_cast<connection*>(waiter.target);
  }

  std::vector<std::byte> bytes_of(connection& of, std::int32_t count) {
    return {loop.data(of), loop.data(of) + count};
  }

  /// The result of an operation that was submitted, however it completes.
  std::int32_t result_of(submitted how, const noted& asked) {
    if (how == submitted::pending) run_until([&] { return asked.completions == 1; });
    return asked.result;
  }

  std::int32_t read(connection& from) {
    noted reader;
    return result_of(loop.submit_read(from, reader), reader);
  }

  std::int32_t write(connection& to, std::span<const std::byte> data) {
    noted writer;
    return result_of(loop.submit_write(to, data, writer), writer);
  }

  Loop loop;
  typename Loop::listener* listener = nullptr;
  std::uint16_t port = 0;
};

}  // namespace skein::test

/// A test for each of the loops: its own is test::bench_of<TestType>.
#define SKEIN_FOR_BOTH_LOOPS(name)                                             \
  template <class TestType>                                                    \
  static void SKEIN_TEST_BODY();                                               \
  TEMPLATE_TEST_CASE(name, "[loop]", epoll_loop, uring_loop) {                 \
    constexpr bool on_io_uring = std::is_same_v<TestType, uring_loop>;         \
    if (!::skein::test::passes_over(on_io_uring)) SKEIN_TEST_BODY<TestType>(); \
  }                                                                            \
  template <class TestType>                                                    \
  static void SKEIN_TEST_BODY()
