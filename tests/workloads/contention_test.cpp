// The workload contention: its oracle, its check of the order, and every runtime held against both.
#include <cstddef>
#include <cstdint>
#include <utility>

#include "tests/catch.hpp"
#include "tests/options.hpp"
#include "tests/programs.hpp"
#include "tests/talking.hpp"
#include "tests/whole_run.hpp"
#include "workloads/contention/turns.hpp"
#include "workloads/program.hpp"

namespace {

using namespace skein;

contention::parameters asking(std::int64_t tasks, std::int64_t locks) {
  return {{.tasks = tasks, .across = contention::across::yield, .locks = locks},
          test::options_for(static_cast<std::size_t>(tasks) + 16),
          7};
}

}  // namespace

TEST_CASE("a turn that is missing or another task's gives another sum than the oracle's") {
  const auto asked = asking(5, 20);
  const std::uint64_t right = contention::expected(asked).checksum;
  std::uint64_t sum = 0;
  for (std::size_t turn = 0; turn < 100; ++turn) sum += workloads::value_of(7, turn % 5);
  REQUIRE(right == sum);
  REQUIRE(contention::expected(asked).units == 100);
  REQUIRE(right - workloads::value_of(7, 1) + workloads::value_of(7, 2) != right);
  REQUIRE(right != contention::expected(asking(5, 19)).checksum);
  auto reseeded = asked;
  reseeded.seed = 8;
  REQUIRE(right != contention::expected(reseeded).checksum);
}

TEST_CASE("every runtime hands the mutex to every task as often as it is asked, and in order") {
  for (const auto& [tasks, locks] : {std::pair{2, 1}, {2, 300}, {100, 20}, {7, 3}}) {
    const auto asked = asking(tasks, locks);
    test::with_talking_runtimes(asked, [&](workloads::program& program) {
      test::whole_run run(program, contention::task_count(asked));
      program.run(run);
      INFO(tasks << " tasks, " << locks << " locks");
      const auto counts = program.counts();
      REQUIRE(counts.first_error.empty());
      REQUIRE(counts.errors == 0);
      REQUIRE(counts.units == contention::expected(asked).units);
      REQUIRE(counts.checksum == contention::expected(asked).checksum);
      REQUIRE(program.live().tasks == 0);
    });
  }
}

TEST_CASE("where tasks share a thread every wait for a contended mutex is as long as all others") {
  const auto asked = asking(100, 20);
  for (const char* runtime : {"coroutine", "future", "fiber", "callback"}) {
    const auto program = test::make_program(runtime, asked);
    test::whole_run run(*program, contention::task_count(asked));
    program->run(run);
    INFO(runtime);
    REQUIRE(program->counts().shares);
    REQUIRE(program->counts().shares->least == 99);
    REQUIRE(program->counts().shares->most == 99);
  }
}

TEST_CASE("a mutex is handed on in the order of waiting whatever the order of ready tasks") {
  for (const auto strategy : {run_strategy::lifo, run_strategy::priority}) {
    for (const char* runtime : {"coroutine", "future"}) {
      auto asked = asking(50, 10);
      asked.options.strategy = strategy;
      const auto program = test::make_program(runtime, asked);
      test::whole_run run(*program, contention::task_count(asked));
      program->run(run);
      INFO(runtime);
      REQUIRE(program->counts().first_error.empty());
      REQUIRE(program->counts().units == 500);
    }
  }
}

TEST_CASE("a contention that is stopped before its epoch ends with nothing left alive") {
  const auto asked = asking(50, 1'000'000);
  test::with_talking_runtimes(asked, [&](workloads::program& program) {
    test::stopped_at_once run(program, contention::task_count(asked));
    program.run(run);
    REQUIRE_FALSE(program.finished());
    REQUIRE(program.counts().units == 0);
    REQUIRE(program.counts().errors == 0);
    REQUIRE(program.live().tasks == 0);
  });
}
