// What tests speak raw operations to an event loop with: an operation that notes its completions,
// and a loop with a listener that runs until something holds.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "runtimes/clock.hpp"
#include "runtimes/loop/connection.hpp"
#include "runtimes/op.hpp"
#include "runtimes/options.hpp"
#include "runtimes/socket.hpp"
#include "tests/catch.hpp"

namespace skein::test {

inline constexpr time_ns far_away_ns = 3600 * ns_per_s;

inline time_ns from_now(time_ns delay_ns) {
  return monotonic_clock::now_ns() + delay_ns;
}

inline scheduler_options options_with(buffer_policy policy, std::size_t buffer_bytes = 1024) {
  return {.buffer = policy,
          .buffer_bytes = buffer_bytes,
          .stack_bytes = 16384,
          .max_tasks = 64,
          .inline_budget = 128,
          .events_per_wait = 64,
          .tick_ns = ns_per_ms};
}

/// An operation that notes its completions and then does what the test says.
struct noted : op {
  noted() : op(&completed) {}
  explicit noted(std::function<void(noted&)> afterwards)
      : op(&completed), then(std::move(afterwards)) {}

  static void completed(op& finished) noexcept {
    auto& self = static_cast<noted&>(finished);
    ++self.completions;
    self.inside_submit_ = self.inside_submit_ || self.submitting;
    if (self.then) self.then(self);
  }

  int completions = 0;
  bool submitting = false;
  bool inside_submit_ = false;
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
    door = &loop.listen(socket.descriptor);
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
    if (loop.submit_accept(*door, waiter) == submitted::pending) {
      run_until([&] { return waiter.completions == 1; });
    }
    REQUIRE(waiter.result == 0);
    return *static_cast<connection*>(waiter.target);
  }

  std::vector<std::byte> bytes_of(connection& of, std::int32_t count) {
    return {loop.data(of), loop.data(of) + count};
  }

  /// Reads once, however it completes, and returns the result.
  std::int32_t read(connection& from) {
    noted reader;
    if (loop.submit_read(from, reader) == submitted::pending) {
      run_until([&] { return reader.completions == 1; });
    }
    return reader.result;
  }

  Loop loop;
  typename Loop::listener* door = nullptr;
  std::uint16_t port = 0;
};

}  // namespace skein::test
