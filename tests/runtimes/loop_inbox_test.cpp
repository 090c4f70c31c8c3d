// The inbox, on both event loops: which runs serve it.
#include "tests/action_inbox.hpp"
#include "tests/catch.hpp"
#include "tests/options.hpp"
#include "tests/runtimes/loop_bench.hpp"

namespace skein {
namespace {

using test::from_now;
using test::noted;

/// Runs with the inbox until it was served, or for as long as a test waits.
template <class Loop>
void run_at(test::bench_of<Loop>& at, inbox& messages, const int& served) {
  noted patience;
  patience.deadline_ns = from_now(20 * ns_per_s);
  REQUIRE((at.loop.submit_sleep(patience) == submitted::pending));
  const int before = served;
  at.loop.run(&messages, [&] { return served != before || patience.completions != 0; });
  at.loop.cancel_sleep(patience);
  at.settle();
}

SKEIN_FOR_BOTH_LOOPS("an inbox is served by each run that it is given to, and by no other") {
  test::bench_of<TestType> at;
  int served = 0;
  test::action_inbox inbox([&] { ++served; });
  inbox.signal();
  run_at(at, inbox, served);
  REQUIRE(served == 1);
  inbox.signal();
  at.settle();
  REQUIRE(served == 1);
  run_at(at, inbox, served);
  REQUIRE(served == 2);
}

}  // namespace
}  // namespace skein
