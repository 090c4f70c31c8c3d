// From the cell to the program's parameters, and back to the echo.
#include "harness/cells/parameters.hpp"

#include <cstddef>
#include <cstdint>

#include "harness/cells/defaults.hpp"
#include "runtimes/stealing/idle_set.hpp"
#include "tests/catch.hpp"
#include "tests/cells.hpp"
#include "workloads/c10k/parameters.hpp"

using namespace skein;
using namespace skein::cells;

namespace {

cell full_cell() {
  cell asked;
  asked.of = c10k::cell{};
  asked.runtime = "fiber";
  asked.style = "direct";
  test::served(asked).connections = 100;
  test::served(asked).active = 10;
  test::served(asked).mode = c10k::mode::fixed;
  test::served(asked).payload_bytes = 64;
  test::served(asked).buffer = buffer_policy::own;
  test::served(asked).buffer_bytes = 2048;
  asked.stack_bytes = 32'768;
  asked.seed = 9;
  return asked;
}

runtime_info info_of(std::string_view id, std::string_view style) {
  runtime_info info{};
  info.id = id;
  info.style = style;
  return info;
}

}  // namespace

TEST_CASE("every field that matters reaches the program") {
  const auto given = parameters_for(full_cell());
  const auto& own = std::get<c10k::cell>(given.of);
  CHECK(own.connections == 100);
  CHECK(own.payload_bytes == 64);
  CHECK(given.seed == 9);
  CHECK(given.options.buffer == buffer_policy::own);
  CHECK(given.options.buffer_bytes == 2048);
  CHECK(given.options.stack_bytes == 32'768);
  CHECK(given.options.max_tasks >= 100);
  CHECK(given.options.inline_budget == defaults::inline_budget);
}

TEST_CASE("churn leaves room for tasks that have not noticed yet that their client is gone") {
  cell asked = full_cell();
  const std::size_t usual = parameters_for(asked).options.max_tasks;
  test::served(asked).mode = c10k::mode::churn;
  CHECK(parameters_for(asked).options.max_tasks == usual + 10 * c10k::churn_room);
}

TEST_CASE("as many workers as are asked for reach the program, and a number out of bounds none") {
  cell asked = full_cell();
  CHECK(parameters_for(asked).options.workers == 1);
  const std::int64_t most = stealing::idle_set::most_workers;
  for (const std::int64_t workers : {std::int64_t{2}, most}) {
    asked.workers = workers;
    CHECK(parameters_for(asked).options.workers == static_cast<std::size_t>(workers));
  }
  for (const std::int64_t workers : {std::int64_t{0}, most + 1}) {
    asked.workers = workers;
    CHECK_THROWS_WITH(parameters_for(asked), "workers must be from 1 to 63");
  }
}

TEST_CASE("a runtime whose tasks do not move among threads echoes one worker, whatever was asked") {
  cell asked = full_cell();
  asked.workers = 2;
  const auto given = parameters_for(asked);
  CHECK(echo_of(asked, given, info_of("fiber", "direct")).at("workers") == 1);
  runtime_info moving = info_of("coroutine_stealing", "coroutine");
  moving.takes_workers = true;
  CHECK(echo_of(asked, given, moving).at("workers") == 2);
}

TEST_CASE("the echo equals the cell when it was understood") {
  const auto asked = full_cell();
  const json echo = echo_of(asked, parameters_for(asked), info_of("fiber", "direct"));
  CHECK(echo_differences(to_json(asked), echo).empty());
}

TEST_CASE("the echo tells what the program was given, not what was asked") {
  const auto asked = full_cell();
  auto given = parameters_for(asked);
  std::get<c10k::cell>(given.of).connections = 99;
  std::get<c10k::cell>(given.of).buffer = buffer_policy::lent;
  const json echo = echo_of(asked, given, info_of("coroutine", "coroutine"));
  // Also runtime, style, and the stack that a coroutine does not have.
  CHECK(echo_differences(to_json(asked), echo).size() == 5);
}

TEST_CASE("every property of runtimes that a declaration names is known") {
  for (const workloads::declaration* const each : workloads::declarations) {
    for (const workloads::field& field : each->fields) {
      INFO(field.name);
      CHECK_NOTHROW(takes(info_of("fiber", "direct"), field));
    }
  }
}
