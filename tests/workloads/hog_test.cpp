// The workload hog: when its timers are due, its oracle, and every runtime held against both.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <string>

#include "runtimes/errors.hpp"
#include "tests/catch.hpp"
#include "tests/io_uring.hpp"
#include "tests/options.hpp"
#include "tests/programs.hpp"
#include "tests/whole_run.hpp"
#include "workloads/all.hpp"
#include "workloads/hog/computation.hpp"
#include "workloads/hog/schedule.hpp"
#include "workloads/program.hpp"

namespace {

using namespace skein;

constexpr auto all_forms = {hog::form::none, hog::form::blocking, hog::form::yielding,
                            hog::form::offloaded};

hog::parameters asking(std::int64_t tasks, hog::form form, time_ns window_ns, std::int64_t steps) {
  hog::parameters asked{{.tasks = tasks, .form = form, .window_ns = window_ns},
                        test::options_for(static_cast<std::size_t>(tasks) + 16),
                        7};
  if (form != hog::form::none) asked.work = steps;
  if (form == hog::form::yielding) asked.yield_every = 1'000;
  return asked;
}

/// The runtime's program; null where it lacks what the form needs, and says so.
std::unique_ptr<workloads::program> made_for(const runtime_info& runtime,
                                             const hog::parameters& asked) {
  try {
    return test::make_program(runtime.id, asked);
  } catch (const limit_error& limit) {
    REQUIRE(limit.name == (asked.form == hog::form::offloaded ? "sync" : "runtime"));
    REQUIRE(std::string(limit.what()).find(runtime.id) == 0);
    return nullptr;
  }
}

/// Calls `check` with the program of every runtime that does this form, of which there are
/// `at_least` so many.
template <class Check>
void with_every_runtime(const hog::parameters& asked, Check&& check) {
  const std::size_t at_least = asked.form == hog::form::offloaded ? 6 : 8;
  std::size_t made = 0;
  for (const runtime_info& runtime : workloads::runtimes()) {
    if (test::passes_over(runtime.takes_receive_ring)) continue;
    INFO(runtime.id << ", form " << workloads::word_of(asked.form));
    const auto program = made_for(runtime, asked);
    if (!program) continue;
    ++made;
    check(*program);
  }
  REQUIRE(made >= at_least);
}

void check_whole_run(workloads::program& program, const hog::parameters& asked,
                     std::uint64_t yields) {
  test::whole_run run(program, hog::task_count(asked));
  program.run(run);
  const auto right = hog::expected(asked);
  const auto counts = program.counts();
  REQUIRE(counts.first_error.empty());
  REQUIRE(counts.errors == 0);
  REQUIRE(counts.units == right.units);
  REQUIRE(counts.checksum == right.checksum);
  REQUIRE(counts.hog.has_value() == hog::has_hog(asked));
  if (counts.hog) {
    REQUIRE(counts.hog->took_ns > 0);
    REQUIRE(counts.hog->yields == yields);
  }
  REQUIRE(program.lateness()->count() == static_cast<std::int64_t>(hog::fires_of(asked)));
  REQUIRE(program.lateness()->early_count() == 0);
  REQUIRE(program.live().tasks == 0);
}

}  // namespace

TEST_CASE("a timer of hog is due every 50 ms of its window, on the grid, and all phases occur") {
  for (const time_ns window_ns : {50 * ns_per_ms, 101 * ns_per_ms, time_ns{1'234'567'891}}) {
    const auto asked = asking(1'000, hog::form::none, window_ns, 0);
    std::set<time_ns> phases;
    for (std::size_t index = 0; index < 1'000; ++index) {
      const std::uint64_t turns = hog::turns_of(asked, index);
      const time_ns first_ns = hog::offset_ns(7, index, 0);
      REQUIRE(first_ns > 0);
      REQUIRE(first_ns <= hog::period_ns);
      REQUIRE(first_ns % hog::grid_ns == 0);
      REQUIRE(turns > 0);
      REQUIRE(hog::offset_ns(7, index, turns - 1) <= window_ns);
      REQUIRE(hog::offset_ns(7, index, turns) > window_ns);
      REQUIRE(hog::offset_ns(7, index, 1) - first_ns == 50 * ns_per_ms);
      phases.insert(first_ns);
    }
    REQUIRE(phases.size() == 50);
  }
}

TEST_CASE("a fire that is missing or a step too few gives another sum than the oracle's") {
  const auto asked = asking(20, hog::form::blocking, 100 * ns_per_ms, 1'000);
  const auto right = hog::expected(asked);
  const auto without = hog::expected(asking(20, hog::form::none, 100 * ns_per_ms, 0));
  REQUIRE(right.units == 41);
  REQUIRE(without.units == 40);
  REQUIRE(right.checksum - without.checksum == workloads::work_on(hog::first_word(7), 1'000));
  const auto of_steps = [](std::int64_t steps) {
    return hog::expected(asking(20, hog::form::blocking, 100 * ns_per_ms, steps)).checksum;
  };
  REQUIRE(of_steps(999) != right.checksum);
  REQUIRE(of_steps(1'001) != right.checksum);
  REQUIRE(hog::expected(asking(19, hog::form::blocking, 100 * ns_per_ms, 1'000)).checksum !=
          right.checksum);
  auto reseeded = asked;
  reseeded.seed = 8;
  REQUIRE(hog::expected(reseeded).checksum != right.checksum);
}

TEST_CASE("the forms of a hog differ in how it computes, and not in what comes out") {
  const auto sum_of = [](hog::form form) {
    return hog::expected(asking(20, form, 100 * ns_per_ms, 1'000)).checksum;
  };
  REQUIRE(sum_of(hog::form::yielding) == sum_of(hog::form::blocking));
  REQUIRE(sum_of(hog::form::offloaded) == sum_of(hog::form::blocking));
}

TEST_CASE("a hog's work is the same in one slice and in many, the last of which may be short") {
  auto asked = asking(1, hog::form::yielding, 50 * ns_per_ms, 2'500);
  hog::computation sliced(asked);
  REQUIRE(sliced.take_slice());
  REQUIRE(sliced.take_slice());
  REQUIRE_FALSE(sliced.take_slice());
  hog::computation at_once(asked);
  at_once.take_all();
  REQUIRE(sliced.outcome() == at_once.outcome());
  REQUIRE(sliced.outcome() == workloads::work_on(hog::first_word(7), 2'500));
  asked.yield_every = 5'000;
  hog::computation short_of_a_yield(asked);
  REQUIRE_FALSE(short_of_a_yield.take_slice());
  REQUIRE(short_of_a_yield.outcome() == at_once.outcome());
}

TEST_CASE("every runtime fires every timer beside a hog of every form, or says what it lacks") {
  for (const hog::form form : all_forms) {
    const auto asked = asking(20, form, 100 * ns_per_ms, 50'000);
    with_every_runtime(asked, [&](workloads::program& program) {
      check_whole_run(program, asked, form == hog::form::yielding ? 49 : 0);
    });
  }
}

TEST_CASE("a hog that yields comes to its end whatever the order of ready tasks") {
  for (const auto strategy : {run_strategy::lifo, run_strategy::priority}) {
    for (const char* runtime : {"coroutine", "future"}) {
      auto asked = asking(20, hog::form::yielding, 100 * ns_per_ms, 50'000);
      asked.options.strategy = strategy;
      INFO(runtime);
      check_whole_run(*test::make_program(runtime, asked), asked, 49);
    }
  }
}

TEST_CASE("where tasks share a thread a hog that never yields holds up the timers for its time") {
  const auto asked = asking(300, hog::form::blocking, 200 * ns_per_ms, 10'000'000);
  for (const char* runtime : {"coroutine", "future", "fiber", "callback", "libuv"}) {
    INFO(runtime);
    const auto program = test::make_program(runtime, asked);
    check_whole_run(*program, asked, 0);
    // Some are due in each millisecond of it, so one was near its beginning.
    REQUIRE(program->lateness()->max() >= program->counts().hog->took_ns / 2);
  }
}

TEST_CASE("a hog that is stopped before its epoch counts nothing and leaves nothing alive") {
  for (const hog::form form : all_forms) {
    const auto asked = asking(20, form, 3600 * ns_per_s, 1'000'000'000);
    with_every_runtime(asked, [&](workloads::program& program) {
      test::stopped_at_once run(program, hog::task_count(asked));
      program.run(run);
      REQUIRE_FALSE(program.finished());
      REQUIRE(program.counts().units == 0);
      REQUIRE(program.counts().errors == 0);
      REQUIRE_FALSE(program.counts().hog);
      REQUIRE(program.live().tasks == 0);
    });
  }
}
