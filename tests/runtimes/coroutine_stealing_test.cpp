// The risks of coroutines that change threads: that each runs to its end once, on several threads;
// that joins, sleeps and stops reach them there; and that a run ends when they have.
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <thread>

#include "runtimes/coroutine_stealing/scheduler.hpp"
#include "tests/catch.hpp"
#include "tests/options.hpp"
#include "tests/runtimes/moving_programs.hpp"

namespace skein {
namespace {

using coroutine_stealing::scheduler;
using task = scheduler::task;
using test::far_away_ns;
using test::from_now;
using test::numbers_of_workers;
using test::options_on;

task count_yields(scheduler& on, int yields, std::atomic<int>& steps) {
  for (int i = 0; i < yields; ++i) {
    ++steps;
    co_await on.yield();
  }
}

TEST_CASE("tasks that yield among workers take every step once, and the run ends with them") {
  for (const std::size_t workers : numbers_of_workers) {
    INFO(workers << " workers");
    scheduler on(options_on(workers));
    std::atomic<int> steps{0};
    for (int i = 0; i < 300; ++i) on.spawn(count_yields(on, 20, steps));
    REQUIRE(on.live().tasks == 300);
    on.run();
    REQUIRE(steps == 6'000);
    REQUIRE(on.live().tasks == 0);
  }
}

TEST_CASE("a scheduler of several workers can be run again, and without a task it returns") {
  scheduler on(options_on(3));
  std::atomic<int> steps{0};
  on.run();
  for (int round = 1; round <= 20; ++round) {
    on.spawn(count_yields(on, 3, steps));
    on.run();
    REQUIRE(steps == 3 * round);
  }
}

/// Waits, on its thread, until `others` are there too, so that they cannot be on the same one.
task meet(std::atomic<std::size_t>& here, std::size_t all, std::atomic<bool>& failed) {
  ++here;
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (here < all && !failed) {
    std::this_thread::yield();
    if (std::chrono::steady_clock::now() > give_up) failed = true;
  }
  co_return;
}

TEST_CASE("tasks that one worker has are stolen by all others, though these slept") {
  for (const std::size_t workers : {2U, 4U}) {
    scheduler on(options_on(workers));
    std::atomic<std::size_t> here{0};
    std::atomic<bool> failed{false};
    for (std::size_t i = 0; i < workers; ++i) on.spawn(meet(here, workers, failed));
    on.run();
    REQUIRE_FALSE(failed);
  }
}

task leaf(std::atomic<int>& ended) {
  ++ended;
  co_return;
}

task join_many(scheduler& on, int rounds, int children, std::atomic<int>& wrong) {
  scheduler::scope within(on);
  int expected = 0;
  std::atomic<int> ended{0};
  for (int round = 0; round < rounds; ++round) {
    for (int i = 0; i < children; ++i) on.spawn(within, leaf(ended));
    expected += children;
    co_await on.until(within.join());
    if (ended != expected) ++wrong;
  }
}

TEST_CASE("a join among workers ends once all of its scope have ended, and the scope can go on") {
  for (const std::size_t workers : numbers_of_workers) {
    INFO(workers << " workers");
    scheduler on(options_on(workers));
    std::atomic<int> wrong{0};
    for (int i = 0; i < 20; ++i) on.spawn(join_many(on, 50, i % 5, wrong));
    on.run();
    REQUIRE(wrong == 0);
  }
}

task sleep_for(scheduler& on, time_ns delay_ns, std::atomic<int>& early, std::atomic<int>& due) {
  const time_ns deadline_ns = from_now(delay_ns);
  const wake how = co_await on.sleep_until(deadline_ns);
  if (how == wake::due && monotonic_clock::now_ns() < deadline_ns) ++early;
  if (how == wake::due) ++due;
}

TEST_CASE("tasks sleep on whatever worker they are, and none wakes early") {
  for (const std::size_t workers : numbers_of_workers) {
    INFO(workers << " workers");
    scheduler on(options_on(workers));
    std::atomic<int> early{0};
    std::atomic<int> due{0};
    for (int i = 0; i < 200; ++i) on.spawn(sleep_for(on, i % 10 * ns_per_ms, early, due));
    on.run();
    REQUIRE(early == 0);
    REQUIRE(due == 200);
  }
}

task sleep_long(scheduler& on, std::atomic<int>& cancelled) {
  co_await on.yield();
  const wake how = co_await on.sleep_until(from_now(far_away_ns));
  if (how == wake::cancelled) ++cancelled;
}

task sleep_long_on(scheduler& on, scheduler::timer& by, std::atomic<int>& cancelled) {
  co_await on.yield();
  const wake how = co_await on.sleep_until(by, from_now(far_away_ns));
  if (how == wake::cancelled) ++cancelled;
}

task cancel_until(scheduler& on, std::deque<scheduler::timer>& timers, std::atomic<int>& ended,
                  int all) {
  while (ended < all) {
    for (scheduler::timer& each : timers) on.cancel(each);
    co_await on.yield();
  }
}

TEST_CASE("timers are cancelled by tasks of any worker, and by several at once") {
  for (const std::size_t workers : numbers_of_workers) {
    INFO(workers << " workers");
    scheduler on(options_on(workers));
    std::deque<scheduler::timer> timers(40);
    std::atomic<int> cancelled{0};
    for (scheduler::timer& each : timers) on.spawn(sleep_long_on(on, each, cancelled));
    for (int i = 0; i < 4; ++i) on.spawn(cancel_until(on, timers, cancelled, 40));
    on.run();
    REQUIRE(cancelled == 40);
    REQUIRE(on.live().tasks == 0);
  }
}

task sleep_in_rounds(scheduler& on, scheduler::timer& by, int rounds, std::atomic<int>& early,
                     std::atomic<int>& ended) {
  for (int round = 0; round < rounds; ++round) {
    const time_ns deadline_ns = from_now(round % 4 * ns_per_ms / 2);
    const wake how = co_await on.sleep_until(by, deadline_ns);
    if (how == wake::due && monotonic_clock::now_ns() < deadline_ns) ++early;
    ++ended;
    if (round % 3 == 0) co_await on.yield();  // to another worker, maybe
  }
}

void race_deadlines(int rounds) {
  constexpr int sleepers = 20;
  for (const std::size_t workers : numbers_of_workers) {
    INFO(workers << " workers");
    scheduler on(options_on(workers));
    std::deque<scheduler::timer> timers(sleepers);
    std::atomic<int> early{0};
    std::atomic<int> ended{0};
    for (scheduler::timer& each : timers) {
      on.spawn(sleep_in_rounds(on, each, rounds, early, ended));
    }
    for (int i = 0; i < 3; ++i) on.spawn(cancel_until(on, timers, ended, sleepers * rounds));
    on.run();
    REQUIRE(ended == sleepers * rounds);
    REQUIRE(early == 0);
  }
}

TEST_CASE("a wait on a timer ends once, whoever cancels it and however late") {
  race_deadlines(30);
}

TEST_CASE("a hundred thousand waits end once each beside cancels", "[.][stress]") {
  race_deadlines(5'000);
}

task stop_soon(scheduler& on) {
  co_await on.sleep_until(from_now(20 * ns_per_ms));
  on.stop();
}

TEST_CASE("a stop by any task cancels the sleeps of all workers") {
  for (const std::size_t workers : numbers_of_workers) {
    INFO(workers << " workers");
    scheduler on(options_on(workers));
    std::atomic<int> cancelled{0};
    std::deque<scheduler::timer> timers(40);
    for (int i = 0; i < 100; ++i) on.spawn(sleep_long(on, cancelled));
    for (scheduler::timer& each : timers) on.spawn(sleep_long_on(on, each, cancelled));
    on.spawn(stop_soon(on));
    on.run();
    REQUIRE(cancelled == 140);
    REQUIRE(on.live().tasks == 0);
  }
}

task inner(scheduler& on, int depth, std::atomic<int>& ran) {
  ++ran;
  co_await on.yield();
  if (depth > 1) co_await inner(on, depth - 1, ran);
  co_await on.yield();
}

TEST_CASE("a task that awaits another goes on after it, on whatever worker") {
  scheduler on(options_on(3));
  std::atomic<int> ran{0};
  for (int i = 0; i < 100; ++i) on.spawn(inner(on, 5, ran));
  on.run();
  REQUIRE(ran == 500);
}

TEST_CASE("a tree that workers divide among them is added up as the oracle says") {
  for (const std::size_t workers : numbers_of_workers) {
    for (const std::int64_t leaves : {1, 11, 400, 5'000})
      test::grow_tree<scheduler>(leaves, workers);
  }
}

TEST_CASE("a hundred trees of a hundred thousand leaves are added up", "[.][stress]") {
  for (int i = 0; i < 25; ++i) {
    for (const std::size_t workers : numbers_of_workers)
      test::grow_tree<scheduler>(100'000, workers);
  }
}

TEST_CASE("timers of every pattern do their work once among workers, none early") {
  test::fire_timers<scheduler>();
}

TEST_CASE("a tree among workers that is stopped before its epoch ends with nothing left alive") {
  test::stop_tree<scheduler>();
}

}  // namespace
}  // namespace skein
