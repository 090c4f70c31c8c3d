// The inbox, on both event loops: which runs serve it, and what is left of one that cannot be
// watched.
#include <system_error>

#include "runtimes/inbox.hpp"
#include "runtimes/loop/watched_inboxes.hpp"
#include "runtimes/mailbox.hpp"
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

/// No loop can watch it.
struct closed_inbox final : inbox {
  int descriptor() const noexcept override { return -1; }
  void on_readable() noexcept override {}
};

SKEIN_FOR_BOTH_LOOPS("a loop may be given a mailbox after a run that threw") {
  test::bench_of<TestType> at;
  closed_inbox closed;
  REQUIRE_THROWS_AS(at.loop.run(&closed, [] { return false; }), std::system_error);
  REQUIRE_NOTHROW(at.loop.from_other_threads());
}

TEST_CASE("inboxes that cannot be watched as one leave the others as they were") {
  watched_inboxes all;
  inbox* const from_others = &all.from_other_threads();
  closed_inbox closed;
  REQUIRE_THROWS_AS(watched_inboxes::run_scope(all, &closed), std::system_error);
  test::action_inbox open([] {});
  REQUIRE(watched_inboxes::run_scope(all, nullptr).watched() == from_others);
  const watched_inboxes::run_scope both(all, &open);
  REQUIRE(both.watched() != from_others);
  REQUIRE(both.watched() != &open);
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
