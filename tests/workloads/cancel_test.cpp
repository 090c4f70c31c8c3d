// The workload cancel: its oracle, and every runtime held against it.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "tests/catch.hpp"
#include "tests/options.hpp"
#include "tests/programs.hpp"
#include "tests/talking.hpp"
#include "tests/whole_run.hpp"
#include "workloads/cancel/waits.hpp"
#include "workloads/program.hpp"

namespace {

using namespace skein;

constexpr auto all_waits = {cancel::wait::sleep, cancel::wait::receive, cancel::wait::lock};

cancel::parameters asking(std::int64_t tasks, cancel::wait wait) {
  return {
      {.tasks = tasks, .wait = wait}, test::options_for(static_cast<std::size_t>(tasks) + 16), 7};
}

}  // namespace

TEST_CASE("a wait that is missing, ended twice or another's gives another sum than the oracle's") {
  const auto asked = asking(100, cancel::wait::sleep);
  const std::uint64_t right = cancel::expected(asked).checksum;
  std::uint64_t sum = 0;
  for (std::size_t task = 0; task < 100; ++task) sum += workloads::value_of(7, task);
  REQUIRE(right == sum);
  REQUIRE(cancel::expected(asked).units == 100);
  REQUIRE(cancel::expected(asking(99, cancel::wait::sleep)).checksum != right);
  REQUIRE(sum - workloads::value_of(7, 1) + workloads::value_of(7, 2) != right);
  auto reseeded = asked;
  reseeded.seed = 8;
  REQUIRE(cancel::expected(reseeded).checksum != right);
}

TEST_CASE("only a wait that did not get what it was for was cancelled") {
  using first = std::variant<bool, bool>;
  REQUIRE(cancel::was_cancelled(wake::cancelled));
  REQUIRE_FALSE(cancel::was_cancelled(wake::due));
  REQUIRE(cancel::was_cancelled(std::optional<std::uint64_t>()));
  REQUIRE_FALSE(cancel::was_cancelled(std::optional<std::uint64_t>(0)));
  REQUIRE(cancel::was_cancelled(first(std::in_place_index<1>, true)));
  REQUIRE_FALSE(cancel::was_cancelled(first(std::in_place_index<0>, true)));
  REQUIRE(cancel::was_cancelled(first(std::in_place_index<0>, false)));  // by stop()
}

TEST_CASE("no sleep of a cancel would end within its run, and they end at different times") {
  for (std::size_t task = 0; task < 1'000; ++task) {
    REQUIRE(cancel::timeout_ns(7, task) >= 600 * ns_per_s);
    REQUIRE(cancel::timeout_ns(7, task) < 1'200 * ns_per_s);
  }
  REQUIRE(cancel::timeout_ns(7, 0) != cancel::timeout_ns(7, 1));
}

TEST_CASE("every runtime ends every wait once, as cancelled, whatever the tasks wait for") {
  for (const auto wait : all_waits) {
    for (const std::int64_t tasks : {1, 2, 300}) {
      const auto asked = asking(tasks, wait);
      test::with_talking_runtimes(
          asked,
          [&](workloads::program& program) {
            test::whole_run run(program, cancel::task_count(asked));
            program.run(run);
            const auto counts = program.counts();
            REQUIRE(counts.units == cancel::expected(asked).units);
            REQUIRE(counts.checksum == cancel::expected(asked).checksum);
            REQUIRE(counts.errors == 0);
            REQUIRE(program.live().tasks == 0);
          },
          wait == cancel::wait::lock ? 5 : 7);
    }
  }
}

TEST_CASE("threads say that they cannot withdraw from a lock, and run the other waits") {
  const auto asked = asking(2, cancel::wait::lock);
  REQUIRE_THROWS_AS(test::make_program("thread", asked), limit_error);
  REQUIRE_NOTHROW(test::make_program("thread", asking(2, cancel::wait::receive)));
}

TEST_CASE("a cancel that is stopped before its epoch counts no wait and leaves nothing alive") {
  for (const auto wait : all_waits) {
    const auto asked = asking(50, wait);
    test::with_talking_runtimes(
        asked,
        [&](workloads::program& program) {
          test::stopped_at_once run(program, cancel::task_count(asked));
          program.run(run);
          REQUIRE_FALSE(program.finished());
          REQUIRE(program.counts().units == 0);
          REQUIRE(program.counts().errors == 0);
          REQUIRE(program.live().tasks == 0);
        },
        5);
  }
}
