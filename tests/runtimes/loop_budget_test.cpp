// O5 of op.hpp on both event loops: a task that never has to wait shares the loop, whatever it
// does.
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
using test::options_with;
using test::pattern_bytes;

constexpr int budget = 128;

/// How many operations in a row `submit` gets done from within one task, up to 1,000; the next one
/// is completed later, with what it answered left in `waiter`.
template <class Bench, class Submit>
int done_in_a_row(Bench& at, const noted& waiter, Submit submit) {
  int done = 0;
  noted runner([&](noted&) {
    while (done < 1000 && submit() == submitted::done) ++done;
  });
  at.loop.post(runner);
  at.loop.run(nullptr, [&] { return waiter.completions == 1 || done == 1000; });
  return done;
}

SKEIN_FOR_BOTH_LOOPS("O5: reads of bytes that are there") {
  test::bench_of<TestType> at(options_with(buffer_policy::lent, 16));
  loopback_client peer(at.port);
  connection& accepted = at.accept();
  peer.send(pattern_bytes(1000 * 16));
  REQUIRE(at.read(accepted) == 16);
  at.settle();
  noted waiter;
  const int done = done_in_a_row(at, waiter, [&] { return at.loop.submit_read(accepted, waiter); });
  REQUIRE(done == budget);
  REQUIRE(waiter.result == 16);
  at.loop.close(accepted);
}

SKEIN_FOR_BOTH_LOOPS("O5: reads of a cancelled connection") {
  test::bench_of<TestType> at(options_with(buffer_policy::lent, 16));
  loopback_client peer(at.port);
  connection& accepted = at.accept();
  at.loop.cancel(accepted);
  noted waiter;
  const int done = done_in_a_row(at, waiter, [&] { return at.loop.submit_read(accepted, waiter); });
  REQUIRE(done == budget);
  REQUIRE(waiter.result == -ECANCELED);
  at.loop.close(accepted);
}

SKEIN_FOR_BOTH_LOOPS("O5: writes to a cancelled connection") {
  test::bench_of<TestType> at(options_with(buffer_policy::lent, 16));
  loopback_client peer(at.port);
  connection& accepted = at.accept();
  at.loop.cancel(accepted);
  const std::vector<std::byte> outgoing = pattern_bytes(1);
  noted waiter;
  const int done =
      done_in_a_row(at, waiter, [&] { return at.loop.submit_write(accepted, outgoing, waiter); });
  REQUIRE(done == budget);
  REQUIRE(waiter.result == -ECANCELED);
  at.loop.close(accepted);
}

SKEIN_FOR_BOTH_LOOPS("O5: accepts of a cancelled listener") {
  test::bench_of<TestType> at(options_with(buffer_policy::lent, 16));
  at.loop.cancel(*at.listener);
  noted waiter;
  const int done =
      done_in_a_row(at, waiter, [&] { return at.loop.submit_accept(*at.listener, waiter); });
  REQUIRE(done == budget);
  REQUIRE(waiter.result == -ECANCELED);
}

SKEIN_FOR_BOTH_LOOPS("O5: sleeps into the past") {
  test::bench_of<TestType> at(options_with(buffer_policy::lent, 16));
  noted waiter;
  const int done = done_in_a_row(at, waiter, [&] {
    waiter.deadline_ns = 1;
    return at.loop.submit_sleep(waiter);
  });
  REQUIRE(done == budget);
  REQUIRE(waiter.result == 0);
}

SKEIN_FOR_BOTH_LOOPS("O5: sleeps after stop") {
  test::bench_of<TestType> at(options_with(buffer_policy::lent, 16));
  at.loop.stop();
  noted waiter;
  const int done = done_in_a_row(at, waiter, [&] {
    waiter.deadline_ns = from_now(far_away_ns);
    return at.loop.submit_sleep(waiter);
  });
  REQUIRE(done == budget);
  REQUIRE(waiter.result == -ECANCELED);
}

TEST_CASE("O5: writes that are done at once, as epoll does them") {
  test::bench_of<epoll_loop> at(options_with(buffer_policy::lent, 16));
  loopback_client peer(at.port);
  connection& accepted = at.accept();
  const std::vector<std::byte> outgoing = pattern_bytes(1);
  noted waiter;
  const int done =
      done_in_a_row(at, waiter, [&] { return at.loop.submit_write(accepted, outgoing, waiter); });
  REQUIRE(done == budget);
  REQUIRE(waiter.result == 0);
  REQUIRE(peer.receive(budget + 1).size() == budget + 1);
  at.loop.close(accepted);
}

}  // namespace
}  // namespace skein
