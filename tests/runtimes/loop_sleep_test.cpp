// Sleeping, on both event loops in raw operations (op.hpp, O1 to O5). The timer structures have
// tests of their own: timer_queue_test.cpp, timer_wheel_test.cpp.
#include <cerrno>

#include "tests/catch.hpp"
#include "tests/loopback_client.hpp"
#include "tests/options.hpp"
#include "tests/runtimes/loop_bench.hpp"

namespace skein {
namespace {

using test::far_away_ns;
using test::from_now;
using test::noted;

SKEIN_FOR_BOTH_LOOPS(
    "O1: a sleep into the past is done, one into the future pending and not early") {
  test::bench_of<TestType> at;
  noted sleeper;
  sleeper.deadline_ns = from_now(-ns_per_s);
  REQUIRE((at.loop.submit_sleep(sleeper) == submitted::done));
  REQUIRE(sleeper.result == 0);
  const time_ns deadline_ns = from_now(3 * ns_per_ms);
  sleeper.deadline_ns = deadline_ns;
  REQUIRE((at.loop.submit_sleep(sleeper) == submitted::pending));
  at.run_until([&] { return sleeper.completions == 1; });
  REQUIRE(monotonic_clock::now_ns() >= deadline_ns);
  REQUIRE(sleeper.result == 0);
}

SKEIN_FOR_BOTH_LOOPS("an op may be submitted again from its own completion") {
  test::bench_of<TestType> at;
  int left = 5;
  noted sleeper([&](noted& self) {
    if (left-- == 0) return;
    self.deadline_ns = from_now(ns_per_ms);
    REQUIRE((at.loop.submit_sleep(self) == submitted::pending));
  });
  sleeper.deadline_ns = from_now(ns_per_ms);
  at.loop.submit_sleep(sleeper);
  at.run_until([&] { return left < 0; });
  REQUIRE(sleeper.completions == 6);
}

SKEIN_FOR_BOTH_LOOPS(
    "O3: a sleep is cancelled once, and idle, queued and fired ones are left alone") {
  test::bench_of<TestType> at;
  noted sleeper;
  at.loop.cancel_sleep(sleeper);
  sleeper.deadline_ns = from_now(far_away_ns);
  REQUIRE((at.loop.submit_sleep(sleeper) == submitted::pending));
  REQUIRE(at.loop.pending_timers() == 1);
  at.loop.cancel_sleep(sleeper);
  at.loop.cancel_sleep(sleeper);
  REQUIRE(at.loop.pending_timers() == 0);
  REQUIRE(sleeper.completions == 0);
  at.run_until([&] { return sleeper.completions != 0; });
  REQUIRE(sleeper.completions == 1);
  REQUIRE(sleeper.result == -ECANCELED);
  at.loop.cancel_sleep(sleeper);
  at.settle();
  REQUIRE(sleeper.completions == 1);
}

SKEIN_FOR_BOTH_LOOPS("a loop that is left and run again goes on where it was") {
  test::bench_of<TestType> at;
  noted sleeper;
  sleeper.deadline_ns = from_now(2 * ns_per_ms);
  at.loop.submit_sleep(sleeper);
  at.loop.run(nullptr, [] { return true; });
  at.run_until([&] { return sleeper.completions == 1; });
  REQUIRE(sleeper.result == 0);
}

SKEIN_FOR_BOTH_LOOPS("O3: a withdrawn sleep is idle at once and does not complete") {
  test::bench_of<TestType> at;
  noted before;
  noted withdrawn;
  noted behind;
  for (noted* each : {&before, &withdrawn, &behind}) {
    each->deadline_ns = from_now(far_away_ns);
    REQUIRE((at.loop.submit_sleep(*each) == submitted::pending));
  }
  SECTION("while it waits") {
    at.loop.withdraw_sleep(withdrawn);
    REQUIRE(at.loop.pending_timers() == 2);
  }
  SECTION("while its completion is queued, between two others") {
    for (noted* each : {&before, &withdrawn, &behind}) at.loop.cancel_sleep(*each);
    at.loop.withdraw_sleep(withdrawn);
  }
  SECTION("while its completion is queued as the last") {
    for (noted* each : {&before, &behind, &withdrawn}) at.loop.cancel_sleep(*each);
    at.loop.withdraw_sleep(withdrawn);
  }
  REQUIRE((withdrawn.state == op_state::idle));
  for (noted* each : {&before, &behind}) at.loop.cancel_sleep(*each);
  at.run_until([&] { return before.completions == 1 && behind.completions == 1; });
  at.settle();
  REQUIRE(withdrawn.completions == 0);
  at.loop.withdraw_sleep(withdrawn);  // again, and of an op that is idle: nothing
  withdrawn.deadline_ns = from_now(ns_per_ms);
  REQUIRE((at.loop.submit_sleep(withdrawn) == submitted::pending));
  at.run_until([&] { return withdrawn.completions == 1; });
  REQUIRE(withdrawn.result == 0);
}

}  // namespace
}  // namespace skein
