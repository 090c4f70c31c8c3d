// The risks of Boost.Fiber's row: a thread's scheduler of Boost.Fiber is one for all, a fiber may
// be woken by others than Asio, and memory for stacks ends. What all runtimes share is tested in
// tests/contract.
#include <boost/fiber/operations.hpp>
#include <chrono>
#include <stdexcept>

#include "runtimes/boost_fiber/scheduler.hpp"
#include "tests/catch.hpp"
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

}  // namespace
}  // namespace skein
