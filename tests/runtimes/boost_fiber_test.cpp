// The risks of Boost.Fiber's row: a thread's scheduler of Boost.Fiber is one for all, a fiber may
// be woken by others than Asio, memory for stacks ends, Asio's handlers must not run on a task's
// stack, and an inbox may stay readable. What all runtimes share is tested in tests/contract.
#include <boost/fiber/context.hpp>
#include <boost/fiber/operations.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>

#include "runtimes/boost_fiber/scheduler.hpp"
#include "runtimes/socket.hpp"
#include "tests/action_inbox.hpp"
#include "tests/catch.hpp"
#include "tests/loopback_client.hpp"
#include "tests/options.hpp"

namespace skein {
namespace {

using boost_fiber::scheduler;
using test::from_now;
using test::options_with;

TEST_CASE("a thread of Boost.Fiber's sleeps as before once a scheduler on it is gone") {
  for (int round = 0; round < 2; ++round) {
    int ran = 0;
    {
      scheduler on(options_with(buffer_policy::lent));
      on.spawn([&] {
        on.sleep_until(from_now(ns_per_ms));
        ++ran;
      });
      on.run();
    }
    REQUIRE(ran == 1);
    const auto began = std::chrono::steady_clock::now();
    boost::this_fiber::sleep_for(std::chrono::milliseconds(2));
    REQUIRE(std::chrono::steady_clock::now() - began >= std::chrono::milliseconds(2));
  }
}

TEST_CASE("Boost.Fiber's run whose tasks wait for nothing is reported, not spun on") {
  scheduler on(options_with(buffer_policy::lent));
  boost_fiber::fibers::context* forgetful = nullptr;
  on.spawn([&] {
    forgetful = boost_fiber::fibers::context::active();
    forgetful->suspend();
  });
  REQUIRE_THROWS_AS(on.run(), std::logic_error);
  REQUIRE(on.live().tasks == 1);
  boost_fiber::fibers::context::active()->schedule(forgetful);
  on.run();
  REQUIRE(on.live().tasks == 0);
}

TEST_CASE("a fiber of Boost.Fiber's beyond the ceiling is a limit, and the others run") {
  scheduler_options options = options_with(buffer_policy::lent);
  options.max_tasks = 2;
  scheduler on(options);
  int ran = 0;
  on.spawn([&] { ++ran; });
  on.spawn([&] { ++ran; });
  REQUIRE_THROWS_AS(on.spawn([&] { ++ran; }), limit_error);
  on.run();
  REQUIRE(ran == 2);
}

/// Stays readable, as standard input does at its end, until it was called a thousand times.
class stubborn_inbox final : public inbox {
 public:
  explicit stubborn_inbox(std::function<void()> action) : action_(std::move(action)) {
    checked(::eventfd_write(event_, 1), "eventfd_write");
  }
  ~stubborn_inbox() override { ::close(event_); }
  int descriptor() const noexcept override { return event_; }
  void on_readable() noexcept override {
    std::uint64_t count = 0;
    if (++calls_ == 1000) checked(::eventfd_read(event_, &count), "eventfd_read");
    action_();
  }
  int calls() const noexcept { return calls_; }

 private:
  int event_ = checked(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd");
  int calls_ = 0;
  std::function<void()> action_;
};

TEST_CASE("Boost.Fiber's fibers run though the inbox stays readable") {
  const bool asleep = GENERATE(false, true);
  scheduler on(options_with(buffer_policy::lent));
  scheduler::timer timer;
  stubborn_inbox inbox([&] { on.cancel(timer); });
  int calls_before = 0;
  on.spawn([&] {
    if (asleep) on.sleep_until(timer, from_now(test::far_away_ns));
    while (inbox.calls() == 0) on.yield();
    calls_before = inbox.calls();
    on.stop();
  });
  on.run(inbox);
  REQUIRE(calls_before < 1000);
}

bool is_on_the_dispatcher() {
  namespace fibers = boost_fiber::fibers;
  return fibers::context::active()->is_context(fibers::type::dispatcher_context);
}

TEST_CASE("Asio's handlers run on the dispatcher's stack though Boost.Fiber's fibers are ready") {
  scheduler on(options_with(buffer_policy::lent));
  bool stopped = false;
  bool on_the_dispatcher = false;
  test::action_inbox inbox([&] {
    on_the_dispatcher = is_on_the_dispatcher();
    stopped = true;
    on.stop();
  });
  inbox.signal();
  on.spawn([&] {
    while (!stopped) on.yield();
  });
  on.run(inbox);
  REQUIRE(on_the_dispatcher);
}

TEST_CASE("Asio's handlers run on the dispatcher's stack though a fiber of Boost.Fiber's yields") {
  const listening_socket socket = make_listener(blocking::no);
  scheduler on(options_with(buffer_policy::lent));
  auto& from = on.listen(socket.descriptor);
  bool on_the_dispatcher = false;
  test::action_inbox inbox([&] {
    on_the_dispatcher = is_on_the_dispatcher();
    on.stop();
  });
  on.spawn([&] {
    on.cancel(from);
    inbox.signal();
    on.yield();
  });
  on.run(inbox);
  REQUIRE(on_the_dispatcher);
}

}  // namespace
}  // namespace skein
