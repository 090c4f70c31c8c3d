// How a run of coroutine_stealing ends where the kernel refuses something to a worker's loop, at
// once or in the middle: it throws once all tasks have ended. And that nothing of a run is left.
#include <atomic>
#include <cstddef>
#include <deque>
#include <system_error>
#include <vector>

#include "runtimes/coroutine_stealing/scheduler.hpp"
#include "tests/catch.hpp"
#include "tests/options.hpp"
#include "tests/runtimes/breakable_loops.hpp"

namespace skein {
namespace {

using coroutine_stealing::scheduler;
using task = scheduler::task;
using test::break_loop;
using test::breakable;
using test::far_away_ns;
using test::from_now;
using test::numbers_of_workers;
using test::options_on;

task sleep_long(scheduler& on, std::atomic<int>& cancelled) {
  const wake how = co_await on.sleep_until(from_now(far_away_ns));
  if (how == wake::cancelled) ++cancelled;
}

constexpr int sleepers = 50;

void run_with_broken(std::size_t workers, std::size_t which) {
  INFO("loop " << which << " of " << workers);
  breakable<scheduler> all(options_on(workers));
  REQUIRE(all.loops.size() == workers);
  std::atomic<int> cancelled{0};
  for (int i = 0; i < sleepers; ++i) all.on.spawn(sleep_long(all.on, cancelled));
  break_loop(all.loops[which]);
  REQUIRE_THROWS_AS(all.on.run(), std::system_error);
  REQUIRE(cancelled == sleepers);
  REQUIRE(all.on.live().tasks == 0);
  REQUIRE_FALSE(all.on.anyone_idle());
}

TEST_CASE("a run in which a worker's loop fails stops its tasks and throws") {
  for (const std::size_t workers : numbers_of_workers) {
    run_with_broken(workers, 0);
    run_with_broken(workers, workers - 1);
  }
}

task break_all(scheduler& on, const std::vector<int>& loops, std::atomic<int>& cancelled) {
  co_await on.sleep_until(from_now(5 * ns_per_ms));
  for (const int each : loops) break_loop(each);
  const wake how = co_await on.sleep_until(from_now(far_away_ns));
  if (how == wake::cancelled) ++cancelled;
}

TEST_CASE("a run in whose middle all loops fail ends like one in which one does") {
  for (const std::size_t workers : numbers_of_workers) {
    INFO(workers << " workers");
    breakable<scheduler> all(options_on(workers));
    std::atomic<int> cancelled{0};
    for (int i = 0; i < sleepers; ++i) all.on.spawn(sleep_long(all.on, cancelled));
    all.on.spawn(break_all(all.on, all.loops, cancelled));
    REQUIRE_THROWS_AS(all.on.run(), std::system_error);
    REQUIRE(cancelled == sleepers + 1);
    REQUIRE(all.on.live().tasks == 0);
  }
}

task sleep_long_on(scheduler& on, scheduler::timer& by, std::atomic<int>& ended) {
  co_await on.sleep_until(by, from_now(far_away_ns));
  ++ended;
}

task cancel_until(scheduler& on, std::deque<scheduler::timer>& timers, std::atomic<int>& ended,
                  int all) {
  while (ended < all) {
    for (scheduler::timer& each : timers) on.cancel(each);
    co_await on.yield();
  }
}

task break_and_cancel(scheduler& on, const std::vector<int>& loops,
                      std::deque<scheduler::timer>& timers, std::atomic<int>& ended, int all) {
  co_await on.sleep_until(from_now(ns_per_ms));
  for (const int each : loops) break_loop(each);
  co_await cancel_until(on, timers, ended, all);
}

/// Throws, unless all has ended before a loop asks the kernel again.
void run_to_its_end(scheduler& on) {
  try {
    on.run();
  } catch (const std::system_error&) {
  }
}

TEST_CASE("cancels that are under way to a worker whose loop fails end their waits") {
  for (const std::size_t workers : numbers_of_workers) {
    INFO(workers << " workers");
    for (int round = 0; round < 20; ++round) {
      breakable<scheduler> all(options_on(workers));
      std::deque<scheduler::timer> timers(sleepers);
      std::atomic<int> ended{0};
      for (scheduler::timer& each : timers) all.on.spawn(sleep_long_on(all.on, each, ended));
      for (int i = 0; i < 3; ++i) {
        all.on.spawn(break_and_cancel(all.on, all.loops, timers, ended, sleepers));
      }
      run_to_its_end(all.on);
      REQUIRE(ended == sleepers);
      REQUIRE(all.on.live().tasks == 0);
    }
  }
}

task yield_once(scheduler& on) {
  co_await on.yield();
}

TEST_CASE("no worker sleeps or searches between runs, whoever ended the last task") {
  for (const std::size_t workers : numbers_of_workers) {
    INFO(workers << " workers");
    scheduler on(options_on(workers));
    for (int round = 0; round < 100; ++round) {
      for (int i = 0; i < round % 7; ++i) on.spawn(yield_once(on));
      on.run();
      REQUIRE_FALSE(on.anyone_idle());
    }
  }
}

/// A task of one scheduler, on whose thread another one is stopped.
task stop_other(scheduler& other) {
  other.stop();
  co_return;
}

task sleep_a_little(scheduler& on, wake& how) {
  how = co_await on.sleep_until(from_now(5 * ns_per_ms));
}

TEST_CASE("a stop that a task of another scheduler asks for leaves that one's waits alone") {
  scheduler stopped(options_on(2));
  scheduler on(options_on(1));
  wake how = wake::cancelled;
  on.spawn(sleep_a_little(on, how));
  on.spawn(stop_other(stopped));
  on.run();
  REQUIRE(how == wake::due);
}

}  // namespace
}  // namespace skein
