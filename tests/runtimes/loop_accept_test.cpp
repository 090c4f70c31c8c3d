// Accepting, on both event loops in raw operations (op.hpp, O1 to O5).
#include <vector>

#include "tests/catch.hpp"
#include "tests/loopback_client.hpp"
#include "tests/options.hpp"
#include "tests/runtimes/loop_bench.hpp"

namespace skein {
namespace {

using test::loopback_client;
using test::noted;
using test::options_with;
using test::pattern_bytes;

SKEIN_FOR_BOTH_LOOPS(
    "O1: an accept is done or completed once, also if it has to wait for somebody to come") {
  test::bench_of<TestType> at;
  loopback_client first(at.port);
  connection& one = at.accept();
  noted waiter;
  REQUIRE((at.loop.submit_accept(*at.listener, waiter) == submitted::pending));
  loopback_client second(at.port);
  at.run_until([&] { return waiter.completions == 1; });
  at.settle();
  REQUIRE(waiter.completions == 1);
  auto* two = static_cast<connection*>(waiter.target);
  REQUIRE(&one != two);
  REQUIRE(at.loop.live_connections() == 2);
  at.loop.close(one);
  at.loop.close(*two);
  REQUIRE(at.loop.live_connections() == 0);
}

SKEIN_FOR_BOTH_LOOPS("O3: cancelling a listener ends its accept and those to come") {
  test::bench_of<TestType> at;
  noted waiter;
  REQUIRE((at.loop.submit_accept(*at.listener, waiter) == submitted::pending));
  at.loop.cancel(*at.listener);
  REQUIRE(waiter.completions == 0);
  at.run_until([&] { return waiter.completions != 0; });
  REQUIRE(waiter.result == -ECANCELED);
  noted later;
  at.loop.submit_accept(*at.listener, later);
  at.settle();
  REQUIRE(later.result == -ECANCELED);
}

SKEIN_FOR_BOTH_LOOPS("O5: an accept beyond the budget takes its turn and loses no connection") {
  scheduler_options options = options_with(buffer_policy::lent);
  options.inline_budget = 4;
  test::bench_of<TestType> at(options);
  std::vector<loopback_client> clients;
  for (int i = 0; i < 10; ++i) clients.emplace_back(at.port);
  std::vector<connection*> accepted;
  noted waiter;
  const auto take_all = [&](noted&) {
    if (waiter.completions != 0) accepted.push_back(static_cast<connection*>(waiter.target));
    while (at.loop.submit_accept(*at.listener, waiter) == submitted::done) {
      accepted.push_back(static_cast<connection*>(waiter.target));
    }
  };
  waiter.then = take_all;
  take_all(waiter);
  at.run_until([&] { return accepted.size() == 10; });
  REQUIRE(waiter.completions >= 2);
  for (connection* each : accepted) at.loop.close(*each);
  at.loop.cancel(*at.listener);
  waiter.then = nullptr;
  at.settle();
}

SKEIN_FOR_BOTH_LOOPS("bytes and the hang-up that were there before the accept are both read") {
  test::bench_of<TestType> at;
  const auto size_bytes = GENERATE(std::size_t{0}, std::size_t{10}, std::size_t{1024});
  loopback_client peer(at.port);
  peer.send(pattern_bytes(size_bytes));
  peer.close();
  connection& accepted = at.accept();
  if (size_bytes > 0) REQUIRE(at.read(accepted) == static_cast<std::int32_t>(size_bytes));
  REQUIRE(at.read(accepted) == 0);
  REQUIRE(at.read(accepted) == 0);
  REQUIRE(accepted.error() == 0);
  at.loop.close(accepted);
}

}  // namespace
}  // namespace skein
