// The workload fanout: how its leaves are divided, its oracle, and every runtime held against it.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "tests/catch.hpp"
#include "tests/options.hpp"
#include "tests/talking.hpp"
#include "tests/whole_run.hpp"
#include "workloads/fanout/tree.hpp"
#include "workloads/fanout/workload.hpp"
#include "workloads/program.hpp"

namespace {

using namespace skein;

fanout::parameters asking(std::int64_t tasks, std::optional<std::int64_t> work = std::nullopt) {
  fanout::parameters asked{{.tasks = tasks, .order = fanout::order::wide, .work = work},
                           test::options_for(static_cast<std::size_t>(tasks) + 16),
                           7};
  fanout::workload::set_options(asked, asked.options);
  return asked;
}

/// Divides as the tasks do. Counts the tasks, and how often each leaf comes.
std::size_t walk(fanout::leaves own, std::vector<int>& seen) {
  std::size_t tasks = 1;
  for (std::size_t child = 0; child < own.children(); ++child) {
    const fanout::leaves its = own.of_child(child);
    REQUIRE(its.count > 0);
    if (its.is_one()) {
      ++tasks;
      ++seen.at(its.first);
    } else {
      tasks += walk(its, seen);
    }
  }
  return tasks;
}

}  // namespace

TEST_CASE("every leaf of a fanout has one parent, and the tasks that it takes are known before") {
  for (const std::size_t count : {1U, 2U, 9U, 10U, 11U, 19U, 100U, 101U, 999U, 1'000U, 12'345U}) {
    std::vector<int> seen(count);
    INFO(count);
    REQUIRE(walk({0, count}, seen) == fanout::tasks_for(count));
    REQUIRE(seen == std::vector<int>(count, 1));
  }
}

TEST_CASE("a root has ten children and each of them ten") {
  const fanout::leaves all{0, 1'000};
  REQUIRE(all.children() == 10);
  REQUIRE(all.of_child(3).first == 300);
  REQUIRE(all.of_child(3).count == 100);
  REQUIRE(all.of_child(3).of_child(9).first == 390);
  REQUIRE(fanout::tasks_for(1'000) == 1'111);
}

TEST_CASE("a leaf that is missing, doubled or another one's gives another sum") {
  const auto asked = asking(100);
  const std::uint64_t right = fanout::expected(asked).checksum;
  std::uint64_t sum = 0;
  for (std::size_t leaf = 0; leaf < 100; ++leaf) sum += fanout::value_of(7, leaf);
  REQUIRE(right == sum);
  REQUIRE(fanout::expected(asking(99)).checksum != right);
  REQUIRE(fanout::value_of(7, 1) + fanout::value_of(7, 4) !=
          fanout::value_of(7, 2) + fanout::value_of(7, 3));
  auto reseeded = asked;
  reseeded.seed = 8;
  REQUIRE(fanout::expected(reseeded).checksum != right);
}

TEST_CASE("a leaf that takes another number of steps gives another sum, and none takes none") {
  const std::uint64_t right = fanout::expected(asking(101, 500)).checksum;
  REQUIRE(fanout::expected(asking(101, 499)).checksum != right);
  REQUIRE(fanout::expected(asking(101)).checksum != right);
  REQUIRE(fanout::worked(7, 0) == 0);
  REQUIRE(fanout::worked(7, 500) != fanout::worked(8, 500));
}

/// Every runtime against the oracle.
void add_up(const fanout::parameters& asked) {
  test::with_talking_runtimes(asked, [&](workloads::program& program) {
    test::whole_run run(program, fanout::all_leaves(asked).count);
    program.run(run);
    INFO(asked.tasks << " leaves");
    REQUIRE(program.counts().units == fanout::expected(asked).units);
    REQUIRE(program.counts().checksum == fanout::expected(asked).checksum);
    REQUIRE(program.counts().errors == 0);
    REQUIRE(program.live().tasks == 0);
  });
}

TEST_CASE("every runtime grows the whole tree and adds it up, as the oracle says") {
  for (const std::int64_t tasks : {1, 7, 10, 11, 400}) add_up(asking(tasks));
}

TEST_CASE("every runtime's leaves take their steps of work") {
  for (const std::int64_t steps : {1, 1'000}) add_up(asking(101, steps));
}

TEST_CASE("a fanout that is stopped before its epoch ends with nothing left alive") {
  const auto asked = asking(100);
  test::with_talking_runtimes(asked, [&](workloads::program& program) {
    test::stopped_at_once run(program, fanout::all_leaves(asked).count);
    program.run(run);
    REQUIRE_FALSE(program.finished());
    REQUIRE(program.counts().units == 0);
    REQUIRE(program.live().tasks == 0);
  });
}

TEST_CASE("a fanout whose tasks are more than a runtime may have ends with the limit's name") {
  auto asked = asking(400);
  asked.options.max_tasks = 200;
  const auto program = test::make_program("fiber", asked);  // all leaves are there at once
  test::whole_run run(*program, 400);
  REQUIRE_THROWS_AS(program->run(run), limit_error);
  REQUIRE(program->live().tasks == 0);
}
