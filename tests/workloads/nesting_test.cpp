// The axes depth and held bytes: which values there are, what is held, and who has no levels. What
// tasks do with them: timers_test.cpp and echo_test.cpp.
#include "workloads/nesting.hpp"

#include <memory>
#include <string>

#include "tests/catch.hpp"
#include "tests/options.hpp"
#include "workloads/all.hpp"
#include "workloads/c10k/counters.hpp"
#include "workloads/future_chain.hpp"
#include "workloads/handler_chain.hpp"
#include "workloads/timers/timer_counts.hpp"

namespace {

using namespace skein;

TEST_CASE("every depth and every size that may be asked for is found, and no other") {
  std::size_t found = 0;
  for (const std::int64_t depth : workloads::depths) {
    for (const std::int64_t held_bytes : workloads::held_sizes) {
      workloads::with_nesting({.depth = depth, .held_bytes = held_bytes},
                              [&](auto one, auto other) {
                                CHECK((one() == depth && other() == held_bytes));
                                ++found;
                              });
    }
  }
  CHECK(found == workloads::depths.size() * workloads::held_sizes.size());
  workloads::with_nesting({.depth = 3, .held_bytes = 0}, [&](auto, auto) { ++found; });
  workloads::with_nesting({.depth = 4, .held_bytes = 3}, [&](auto, auto) { ++found; });
  CHECK(found == workloads::depths.size() * workloads::held_sizes.size());
}

TEST_CASE("what is held takes its size, and a byte of it that has changed is noticed") {
  workloads::held_bytes<256> held;
  static_assert(sizeof held == 256);
  held.write();
  CHECK(held.are_kept());
  for (const std::size_t place : {std::size_t{0}, std::size_t{100}, std::size_t{255}}) {
    held.write();
    reinterpret_cast<unsigned char*>(&held)[place] ^= 1U;
    CHECK_FALSE(held.are_kept());
  }
}

TEST_CASE("a task that lost what it held is an error, and its run ends all the same") {
  timers::timer_counts<workloads::tasks_on::one_thread> timers_done(1);
  timers_done.damaged();
  CHECK(timers_done.finished());
  CHECK(timers_done.counts().errors == 1);
  CHECK_THAT(timers_done.counts().first_error, test::contains("held across its wait"));
  c10k::echo_counters<workloads::tasks_on::one_thread> echoed;
  echoed.damaged();
  CHECK(echoed.counts().errors == 1);
  CHECK_THAT(echoed.counts().first_error, test::contains("held across its wait"));
}

/// A session at the outer end of a chain.
struct listening {
  void heard(int word) noexcept { last = word; }
  int last = 0;
};

TEST_CASE("each handler of a chain calls the next, and the outermost the session") {
  listening session;
  workloads::handler_chain<3, int> chain(handler<int>::to<&listening::heard>(&session));
  static_assert(sizeof chain == 3 * sizeof(handler<int>));
  chain.innermost()->done(7);
  CHECK(session.last == 7);
}

/// Ready when it is polled for the second time.
struct second_poll : pinned {
  using output = int;
  explicit second_poll(int answer) noexcept : answer_(answer) {}
  polled<int> poll(context&) {
    return ++polls_ == 2 ? polled<int>(answer_) : polled<int>(not_ready);
  }
  int answer_;
  int polls_ = 0;
};

TEST_CASE("a poll passes every level of a chain of futures, and its answer comes back") {
  using chain = workloads::future_chain<second_poll, 63>;
  static_assert(pollable_of<chain, int>);
  const auto polling = std::make_unique<chain>(5);
  context with(waker_ref{});
  CHECK_FALSE(polling->poll(with).has_value());
  CHECK(polling->poll(with) == 5);
}

std::string limit_of(const workloads::any_cell& cell, const workloads::nesting& asked) {
  try {
    workloads::make_program("epoll_floor", {cell, test::options_for(16), 1, asked});
  } catch (const limit_error& limit) {
    CHECK_THAT(limit.what(), test::contains("epoll_floor has no such task"));
    return limit.name;
  }
  return "none";
}

TEST_CASE("the floor has no levels and holds nothing: a limit by the name of the axis") {
  for (const workloads::any_cell& cell :
       {workloads::any_cell(c10k::cell{}), workloads::any_cell(timers::cell{})}) {
    CHECK(limit_of(cell, {.depth = 4, .held_bytes = 256}) == "depth");
    CHECK(limit_of(cell, {.depth = 1, .held_bytes = 256}) == "held_bytes");
    CHECK(limit_of(cell, {.depth = 1, .held_bytes = 0}) == "none");
  }
}

}  // namespace
