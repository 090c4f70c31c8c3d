// The timers workload: its deadlines and oracle, and every runtime held against the oracle.
#include <algorithm>
#include <cstdint>
#include <pthread.h>
#include <string>
#include <utility>
#include <vector>

#include "tests/catch.hpp"
#include "tests/io_uring.hpp"
#include "tests/options.hpp"
#include "tests/programs.hpp"
#include "tests/signals.hpp"
#include "tests/whole_run.hpp"
#include "workloads/all.hpp"
#include "workloads/timers/timeouts.hpp"
#include "workloads/timers/wakers.hpp"

namespace {

using namespace skein;

timers::parameters asking(std::size_t tasks, timers::pattern pattern, time_ns grid_ns) {
  return {{.tasks = static_cast<std::int64_t>(tasks),
           .pattern = pattern,
           .window_ns = 50 * ns_per_ms,
           .grid_ns = grid_ns,
           .timers = {}},
          test::options_for(tasks + 16),
          7};
}

}  // namespace

TEST_CASE("deadlines lie in the window, on the grid, and are the same every time") {
  const auto asked = asking(10'000, timers::pattern::spread, ns_per_ms);
  for (std::size_t index = 0; index < timers::task_count(asked); ++index) {
    const time_ns offset = timers::offset_ns(asked, index);
    REQUIRE(offset > 0);
    REQUIRE(offset <= asked.window_ns);
    REQUIRE(offset % asked.grid_ns == 0);
    REQUIRE(offset == timers::offset_ns(asked, index));
  }
}

TEST_CASE("spread deadlines fill the window evenly, and another seed gives others") {
  auto asked = asking(10'000, timers::pattern::spread, ns_per_ms);
  std::vector<std::size_t> per_step(50);
  std::size_t moved = 0;
  auto reseeded = asked;
  reseeded.seed = 8;
  for (std::size_t index = 0; index < timers::task_count(asked); ++index) {
    const time_ns offset = timers::offset_ns(asked, index);
    ++per_step[static_cast<std::size_t>(offset / ns_per_ms - 1)];
    if (offset != timers::offset_ns(reseeded, index)) ++moved;
  }
  // 200 expected in each of 50 steps, standard deviation 14.
  REQUIRE(*std::min_element(per_step.begin(), per_step.end()) > 130);
  REQUIRE(*std::max_element(per_step.begin(), per_step.end()) < 270);
  REQUIRE(moved > 9'000);
}

TEST_CASE("a storm has one deadline for all") {
  const auto asked = asking(100, timers::pattern::storm, ns_per_ms);
  for (std::size_t index = 0; index < timers::task_count(asked); ++index) {
    REQUIRE(timers::offset_ns(asked, index) == asked.window_ns);
  }
}

TEST_CASE("the checksum tells a lost, a doubled and a swapped sleeper from a right run") {
  const auto asked = asking(100, timers::pattern::spread, ns_per_ms);
  const auto right = timers::expected(asked).checksum;
  const auto first = timers::offset_ns(asked, 0);
  const auto second = timers::offset_ns(asked, 1);
  REQUIRE(right - timers::fingerprint(0, first) != right);
  REQUIRE(right + timers::fingerprint(0, first) != right);
  REQUIRE(timers::fingerprint(0, first) + timers::fingerprint(1, second) !=
          timers::fingerprint(0, second) + timers::fingerprint(1, first));
}

namespace {

void check_whole_run(const runtime_info& runtime, timers::pattern pattern,
                     const workloads::nesting& nested = {}) {
  if (test::passes_over(runtime.takes_receive_ring)) return;
  if (!nested.is_plain() && !test::has_connections(runtime)) return;
  auto asked = asking(400, pattern, ns_per_ms);
  asked.nested = nested;
  const auto program = test::make_program(runtime.id, asked);
  test::whole_run run(*program, timers::task_count(asked));
  program->run(run);
  INFO(runtime.id << ", " << workloads::word_of(pattern));
  const auto counts = program->counts();
  const auto expected = timers::expected(asked);
  REQUIRE(counts.units == expected.units);
  REQUIRE(counts.checksum == expected.checksum);
  REQUIRE(counts.bytes == 0);
  REQUIRE(counts.errors == 0);
  REQUIRE(program->lateness()->early_count() == 0);
  REQUIRE(program->lateness()->count() == static_cast<std::int64_t>(timers::expected_fires(asked)));
  REQUIRE(program->live().tasks == 0);
}

}  // namespace

TEST_CASE("every runtime does every timer's work once, none early, as the oracle says") {
  for (const timers::pattern pattern : {timers::pattern::spread, timers::pattern::storm,
                                        timers::pattern::periodic, timers::pattern::churn}) {
    for (const runtime_info& runtime : workloads::runtimes()) check_whole_run(runtime, pattern);
  }
}

TEST_CASE("every runtime does a timer's work once, however far down it waits with whatever") {
  for (const runtime_info& runtime : workloads::runtimes()) {
    if (runtime.style == "none") continue;
    for (const auto& [depth, held_bytes] : {std::pair{1, 64}, {2, 0}, {4, 256}, {64, 1024}}) {
      check_whole_run(runtime, timers::pattern::spread, {.depth = depth, .held_bytes = held_bytes});
    }
  }
}

TEST_CASE("signals that a handler takes lose no timer and end none early") {
  const test::interruptions of_this_thread(::pthread_self());
  for (const timers::pattern pattern : {timers::pattern::spread, timers::pattern::churn}) {
    for (const runtime_info& runtime : workloads::runtimes()) check_whole_run(runtime, pattern);
  }
}

TEST_CASE("timers that are stopped before their epoch end with nothing left alive") {
  for (const timers::pattern pattern : {timers::pattern::periodic, timers::pattern::churn}) {
    for (const runtime_info& runtime : workloads::runtimes()) {
      if (test::passes_over(runtime.takes_receive_ring)) continue;
      auto asked = asking(100, pattern, ns_per_ms);
      asked.window_ns = 60 * ns_per_s;
      const auto program = test::make_program(runtime.id, asked);
      test::stopped_at_once run(*program, timers::task_count(asked));
      program->run(run);
      INFO(runtime.id << ", " << workloads::word_of(pattern));
      REQUIRE_FALSE(program->finished());
      REQUIRE(program->counts().errors == 0);
      REQUIRE(program->live().tasks == 0);
    }
  }
}

TEST_CASE("periodic deadlines lie in the window, on the grid, a period apart") {
  const auto asked = asking(1'000, timers::pattern::periodic, ns_per_ms);
  std::uint64_t units = 0;
  for (std::size_t index = 0; index < timers::task_count(asked); ++index) {
    const timers::rhythm own = timers::rhythm_of(asked, index);
    REQUIRE(own.phase_ns > 0);
    REQUIRE(own.phase_ns <= own.period_ns);
    REQUIRE(own.phase_ns % asked.grid_ns == 0);
    REQUIRE(own.period_ns % asked.grid_ns == 0);
    REQUIRE(own.period_ns >= asked.window_ns / asked.grid_ns / 16 * asked.grid_ns);
    REQUIRE(own.period_ns <= asked.window_ns / 4);
    const auto last = static_cast<time_ns>(own.turns - 1);
    REQUIRE(own.phase_ns + last * own.period_ns <= asked.window_ns);
    REQUIRE(own.phase_ns + (last + 1) * own.period_ns > asked.window_ns);
    units += own.turns;
  }
  REQUIRE(timers::expected(asked).units == units);
}

TEST_CASE("a late wake does not move the next one") {
  const auto asked = asking(1, timers::pattern::periodic, ns_per_ms);
  timers::wakers<workloads::tasks_on::one_thread> context(asked);
  context.set_epoch(ns_per_s);
  const time_ns first_ns = context.due_ns(0, 0);
  const time_ns second_ns = context.due_ns(0, 1);
  REQUIRE(context.woke(0, 0, first_ns + 30 * ns_per_ms, wake::due) == 1);
  REQUIRE(context.due_ns(0, 1) == second_ns);
  // Half a millisecond before it is due: early, by its own deadline.
  REQUIRE(context.woke(0, 1, second_ns - ns_per_ms / 2, wake::due) == 2);
  REQUIRE(context.done().lateness().early_count() == 1);
  REQUIRE(context.done().lateness().max() >= 29 * ns_per_ms);
}

TEST_CASE("a skipped, a doubled and a foreign wake each give another checksum") {
  const auto asked = asking(2, timers::pattern::periodic, ns_per_ms);
  const auto checksum_of = [&](auto play) {
    timers::wakers<workloads::tasks_on::one_thread> context(asked);
    context.set_epoch(0);
    for (std::size_t index = 0; index < 2; ++index) {
      for (std::uint64_t turn = 0; turn < context.turns(index); ++turn) play(context, index, turn);
    }
    return context.done().counts().checksum;
  };
  const auto right = timers::expected(asked).checksum;
  const auto wake_up = [](auto& context, std::size_t index, std::uint64_t turn) {
    context.woke(index, turn, context.due_ns(index, turn), wake::due);
  };
  REQUIRE(checksum_of(wake_up) == right);
  REQUIRE(checksum_of([&](auto& context, std::size_t index, std::uint64_t turn) {
            if (turn != 2) wake_up(context, index, turn);
          }) != right);
  REQUIRE(checksum_of([&](auto& context, std::size_t index, std::uint64_t turn) {
            wake_up(context, index, turn == 2 ? 1 : turn);
          }) != right);
  REQUIRE(checksum_of([&](auto& context, std::size_t index, std::uint64_t turn) {
            wake_up(context, turn == 2 ? 0 : index, turn);
          }) != right);
}

TEST_CASE("churn leaves about one timer in sixteen to fire, strictly inside its round") {
  auto asked = asking(10'000, timers::pattern::churn, ns_per_ms);
  asked.window_ns = ns_per_s;
  std::uint64_t fires = 0;
  for (std::size_t index = 0; index < timers::task_count(asked); ++index) {
    for (std::uint32_t round = 0; round < timers::churn_rounds; ++round) {
      const time_ns begin = timers::beat_ns(asked, index, round);
      const time_ns end = timers::beat_ns(asked, index, round + 1);
      REQUIRE(begin == timers::beat_ns(asked, timers::group_begin(index), round));
      REQUIRE(begin >= 0);
      REQUIRE(end <= asked.window_ns);
      if (timers::is_canceller(asked, index)) continue;
      if (!timers::left_to_fire(asked, index, round)) continue;
      ++fires;
      const time_ns due = timers::churn_fire_ns(asked, index, round);
      REQUIRE(due > begin);
      REQUIRE(due < end);
      REQUIRE(due % asked.grid_ns == 0);
    }
  }
  REQUIRE(fires == timers::expected_fires(asked));
  // Of 75,000, standard deviation 66.
  REQUIRE(timers::expected(asked).units == 75'000);
  REQUIRE(fires > 4'300);
  REQUIRE(fires < 5'100);
}

TEST_CASE("the last group of churn has a canceller however few are in it") {
  for (const std::size_t tasks : {2U, 15U, 16U, 17U, 31U}) {
    const auto asked = asking(tasks, timers::pattern::churn, ns_per_ms);
    REQUIRE(timers::is_canceller(asked, tasks - 1));
    REQUIRE_FALSE(timers::is_canceller(asked, 0));
  }
}

namespace {

struct no_timer {};
using planted_churn = timers::timeouts<no_timer, workloads::tasks_on::one_thread>;

/// Cancels nothing: what a runtime would do is played by the test.
struct no_scheduler {
  void cancel(no_timer&) noexcept { ++cancels; }
  int cancels = 0;
};

/// Plays all rounds of the first task; `end_of` says how each wait ended.
template <class EndOf>
workloads::work_counts play_first_task(planted_churn& context, EndOf end_of) {
  context.enroll(0);
  std::uint32_t round = 0;
  for (int waits = 0; round < timers::churn_rounds && waits < 100; ++waits) {
    round = context.ended(0, round, context.due_ns(0, round), end_of(round));
  }
  REQUIRE(round == timers::churn_rounds);
  return context.done().counts();
}

/// A first task that has a round of each kind.
timers::parameters two_tasks_of_churn() {
  auto asked = asking(2, timers::pattern::churn, ns_per_ms);
  const auto fires = [&] {
    std::uint32_t count = 0;
    for (std::uint32_t round = 0; round + 1 < timers::churn_rounds; ++round) {
      if (timers::left_to_fire(asked, 0, round)) ++count;
    }
    return count;
  };
  while (fires() != 1) ++asked.seed;
  return asked;
}

}  // namespace

TEST_CASE("a runtime that arms nothing, or cancels nothing, is told from a right one") {
  const auto asked = two_tasks_of_churn();
  const auto rightly = [&](std::uint32_t round) {
    return timers::left_to_fire(asked, 0, round) ? wake::due : wake::cancelled;
  };
  planted_churn right(asked);
  REQUIRE(play_first_task(right, rightly).checksum == timers::expected(asked).checksum);
  REQUIRE(right.done().finished());

  planted_churn never_armed(asked);  // every wait ends as due, at once
  const auto due = play_first_task(never_armed, [](std::uint32_t) { return wake::due; });
  REQUIRE(due.errors > 0);
  REQUIRE(due.checksum != timers::expected(asked).checksum);

  planted_churn all_cancelled(asked);  // also what was to fire
  const auto none = play_first_task(all_cancelled, [](std::uint32_t) { return wake::cancelled; });
  REQUIRE(none.units < timers::expected(asked).units);
  REQUIRE_FALSE(all_cancelled.done().finished());
}

TEST_CASE("a cancel that comes a round late is waited out once") {
  const auto asked = two_tasks_of_churn();
  planted_churn context(asked);
  bool disturbed = false;
  const auto counts = play_first_task(context, [&](std::uint32_t round) {
    if (!timers::left_to_fire(asked, 0, round)) return wake::cancelled;
    return std::exchange(disturbed, true) ? wake::due : wake::cancelled;
  });
  REQUIRE(disturbed);
  REQUIRE(counts.checksum == timers::expected(asked).checksum);
  REQUIRE(context.done().finished());
}

TEST_CASE("a canceller cancels a task in its round, again until it has left, and no other") {
  auto asked = asking(2, timers::pattern::churn, ns_per_ms);
  while (timers::left_to_fire(asked, 0, 0) || timers::left_to_fire(asked, 0, 1)) ++asked.seed;
  timers::timeouts<no_timer, workloads::tasks_on::many_threads> context(asked);
  context.enroll(0);
  no_scheduler scheduler;
  REQUIRE(context.cancel_round(scheduler, 1, 1));  // the task is not there yet
  REQUIRE(scheduler.cancels == 0);
  REQUIRE(context.cancel_round(scheduler, 1, 0));
  REQUIRE(context.cancel_round(scheduler, 1, 0));
  REQUIRE(scheduler.cancels == 2);
  REQUIRE(context.ended(0, 0, 0, wake::cancelled) == 1);
  REQUIRE_FALSE(context.cancel_round(scheduler, 1, 0));
  REQUIRE(scheduler.cancels == 2);
}

TEST_CASE("a canceller ends a round when the next begins, and all that fires is due before") {
  const auto asked = asking(16, timers::pattern::churn, ns_per_ms);
  planted_churn context(asked);
  for (std::uint32_t round = 0; round < timers::churn_rounds; ++round) {
    REQUIRE(context.end_ns(15, round) == timers::beat_ns(asked, 15, round + 1));
    for (std::size_t index = 0; index < 15; ++index) {
      REQUIRE(timers::churn_fire_ns(asked, index, round) < context.end_ns(15, round));
    }
  }
}

TEST_CASE("on one thread a canceller cancels once, and waits only for who is not there yet") {
  auto asked = asking(2, timers::pattern::churn, ns_per_ms);
  while (timers::left_to_fire(asked, 0, 0) || timers::left_to_fire(asked, 0, 1)) ++asked.seed;
  planted_churn context(asked);
  context.enroll(0);
  no_scheduler scheduler;
  REQUIRE(context.cancel_round(scheduler, 1, 1));
  REQUIRE(scheduler.cancels == 0);
  REQUIRE_FALSE(context.cancel_round(scheduler, 1, 0));
  REQUIRE(scheduler.cancels == 1);
}

TEST_CASE("an unknown runtime is refused by name") {
  const workloads::parameters asked{timers::cell{}, test::options_for(16), 1};
  REQUIRE_THROWS_WITH(workloads::make_program("coroutin", asked), test::contains("'coroutin'"));
}
