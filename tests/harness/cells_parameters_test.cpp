// From the cell to the program's parameters, and back to the echo.
#include <stdexcept>

#include "harness/cells/defaults.hpp"
#include "harness/cells/parameters.hpp"
#include "tests/catch.hpp"

using namespace skein;
using namespace skein::cells;

namespace {

cell full_cell() {
  cell asked;
  asked.workload = "c10k";
  asked.runtime = "fiber";
  asked.style = "direct";
  asked.connections = 100;
  asked.active = 10;
  asked.mode = "fixed";
  asked.payload_bytes = 64;
  asked.buffer = "own";
  asked.buffer_bytes = 2048;
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
  CHECK(given.connections == 100);
  CHECK(given.payload_bytes == 64);
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
  asked.mode = "churn";
  CHECK(parameters_for(asked).options.max_tasks == usual + 10 * defaults::churn_room);
}

TEST_CASE("what makes no sense is refused") {
  cell asked = full_cell();
  asked.buffer = "borrowed";
  CHECK_THROWS_AS(parameters_for(asked), std::invalid_argument);
  asked = full_cell();
  asked.timers = "pile";
  CHECK_THROWS_AS(parameters_for(asked), std::invalid_argument);
  asked = full_cell();
  asked.connections = -1;
  CHECK_THROWS_AS(parameters_for(asked), std::invalid_argument);
  asked = full_cell();
  asked.workers = 2;
  CHECK_THROWS_AS(parameters_for(asked), std::invalid_argument);
}

TEST_CASE("the echo equals the cell when it was understood") {
  const auto asked = full_cell();
  const auto echo = echo_of(asked, parameters_for(asked), info_of("fiber", "direct"));
  CHECK(echo_differences(to_json(asked), to_json(echo)).empty());
}

TEST_CASE("the echo tells what the program was given, not what was asked") {
  const auto asked = full_cell();
  auto given = parameters_for(asked);
  given.connections = 99;
  given.options.buffer = buffer_policy::lent;
  const auto echo = echo_of(asked, given, info_of("coroutine", "coroutine"));
  // Also runtime, style, and the stack that a coroutine does not have.
  CHECK(echo_differences(to_json(asked), to_json(echo)).size() == 5);
}
