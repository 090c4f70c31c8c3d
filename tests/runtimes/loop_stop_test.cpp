// Stopping both event loops with everything pending.
#include <algorithm>
#include <cerrno>
#include <vector>

#include "tests/catch.hpp"
#include "tests/loopback_client.hpp"
#include "tests/options.hpp"
#include "tests/runtimes/loop_bench.hpp"

namespace skein {
namespace {

using test::far_away_ns;
using test::from_now;
using test::loopback_client;
using test::noted;

SKEIN_FOR_BOTH_LOOPS(
    "stop completes everything that is pending, once, as cancelled, and not inside itself") {
  test::bench_of<TestType> at;
  loopback_client silent(at.port);
  connection& quiet = at.accept();
  loopback_client never_reads(at.port, 4096);
  connection& clogged = at.accept();
  loopback_client streaming(at.port);
  connection& streamed = at.accept();
  const std::vector<std::byte> much(std::size_t{8} << 20U);
  std::vector<noted> waiting(6);
  at.loop.submit_read(quiet, waiting[0]);
  at.loop.submit_read(clogged, waiting[1]);
  at.loop.submit_write(clogged, much, waiting[2]);
  at.loop.submit_accept(*at.listener, waiting[3]);
  waiting[4].deadline_ns = from_now(far_away_ns);
  at.loop.submit_sleep(waiting[4]);
  waiting[5].multishot = true;
  at.loop.submit_read(streamed, waiting[5]);
  at.settle();
  at.loop.stop();
  at.loop.stop();
  REQUIRE(at.loop.stopping());
  for (const noted& each : waiting) REQUIRE(each.completions == 0);
  at.loop.run(nullptr, [&] {
    return std::ranges::all_of(waiting, [](const noted& each) { return each.completions > 0; });
  });
  for (const noted& each : waiting) {
    REQUIRE(each.completions == 1);
    REQUIRE(each.result == -ECANCELED);
    REQUIRE((each.state == op_state::idle));
  }
  noted later;
  later.deadline_ns = from_now(far_away_ns);
  REQUIRE((at.loop.submit_sleep(later) == submitted::done));
  REQUIRE(later.result == -ECANCELED);
  REQUIRE((at.loop.submit_accept(*at.listener, later) == submitted::done));
  REQUIRE(later.result == -ECANCELED);
  REQUIRE((at.loop.submit_write(quiet, much, later) == submitted::done));
  REQUIRE(later.result == -ECANCELED);
  at.loop.close(quiet);
  at.loop.close(clogged);
  at.loop.close(streamed);
}

SKEIN_FOR_BOTH_LOOPS(
    "a timer that stops the loop while others of its tick are due loses none of them") {
  test::bench_of<TestType> at;
  std::vector<noted> sleepers(20);
  const time_ns deadline_ns = from_now(3 * ns_per_ms);
  for (noted& each : sleepers) {
    each.deadline_ns = deadline_ns;
    each.then = [&](noted&) { at.loop.stop(); };
    REQUIRE((at.loop.submit_sleep(each) == submitted::pending));
  }
  at.loop.run(nullptr, [&] {
    return std::ranges::all_of(sleepers, [](const noted& each) { return each.completions > 0; });
  });
  at.loop.run(nullptr, [] { return true; });
  for (const noted& each : sleepers) REQUIRE(each.completions == 1);
}

SKEIN_FOR_BOTH_LOOPS("stop cancels what waits behind connections that are closed") {
  test::bench_of<TestType> at;
  const loopback_client first(at.port);
  connection& gone = at.accept();
  const loopback_client second(at.port);
  connection& left = at.accept();
  noted reader;
  REQUIRE((at.loop.submit_read(left, reader) == submitted::pending));
  at.loop.close(gone);
  at.loop.stop();
  at.loop.run(nullptr, [] { return true; });
  REQUIRE(reader.completions == 1);
  REQUIRE(reader.result == -ECANCELED);
  at.loop.close(left);
}

}  // namespace
}  // namespace skein
