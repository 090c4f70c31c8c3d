// Conditions: what is asked of every worker, what it says it has, and what no runtime can be asked.
#include "harness/conductor/processes/conditions.hpp"

#include "harness/cells/parameters.hpp"
#include "harness/conductor/prepare/preflight.hpp"
#include "harness/worker/conditions.hpp"
#include "tests/catch.hpp"
#include "tests/cells.hpp"
#include "workloads/all.hpp"

using namespace skein;
using namespace skein::conductor;

namespace {

cell echo_cell() {
  cell asked;
  asked.of = c10k::cell{};
  asked.runtime = "fiber";
  asked.style = "direct";
  test::served(asked).connections = 4;
  test::served(asked).buffer = buffer_policy::lent;
  test::served(asked).buffer_bytes = 1024;
  asked.stack_bytes = 16'384;
  return asked;
}

const runtime_info& runtime_named(std::string_view id) {
  for (const runtime_info& each : workloads::runtimes()) {
    if (each.id == id) return each;
  }
  throw std::invalid_argument("no such runtime");
}

json conditions_said_by(const cell& asked) {
  const auto given = cells::parameters_for(asked);
  const auto program = workloads::make_program(asked.runtime, given);
  return worker::conditions_of(runtime_named(asked.runtime), given, *program);
}

cell timers_on_grid(time_ns grid_ns) {
  cell asked;
  asked.of = timers::cell{};
  test::sleeping(asked).grid_ns = grid_ns;
  return asked;
}

}  // namespace

TEST_CASE("a condition that differs from what was asked is named, one that does not apply is not") {
  const json asked = asked_conditions(echo_cell());
  CHECK(condition_differences(asked, asked).empty());
  CHECK(condition_differences(asked, nullptr).empty());
  CHECK(condition_differences(asked, json::array()).size() == 1);
  json other = asked;
  other["inline_budget"] = 64;
  other["tick_ns"] = nullptr;
  other.erase("buffer");
  other["allocator"] = "another";
  const auto differences = condition_differences(asked, other);
  REQUIRE(differences.size() == 1);
  CHECK(differences[0] == "inline_budget: asked 128, the worker has 64");
}

TEST_CASE("a worker's conditions are those its program was given, not those it was asked for") {
  cell asked = echo_cell();
  auto given = cells::parameters_for(asked);
  const auto program = workloads::make_program("fiber", given);
  given.options.inline_budget = 64;
  given.options.stack_bytes = 32'768;
  const json said = worker::conditions_of(runtime_named("fiber"), given, *program);
  CHECK(said.at("inline_budget") == 64);
  CHECK(said.at("stack_bytes") == 32'768);
  CHECK(said.at("listener").at("tcp_nodelay") == true);
  CHECK(said.at("listener").at("linger") == false);
  CHECK(said.at("listener").at("linger_s").is_null());
  CHECK(said.at("listener").at("receive_buffer_bytes").get<int>() > 0);
  CHECK_FALSE(said.at("compiler").get<std::string>().empty());
}

TEST_CASE("what a runtime has no use for is null") {
  cell asked = timers_on_grid(ns_per_ms);
  test::sleeping(asked).tasks = 4;
  test::sleeping(asked).pattern = timers::pattern::storm;
  test::sleeping(asked).window_ns = ns_per_s;
  asked.runtime = "thread";
  const json thread = conditions_said_by(asked);
  for (const char* name : {"inline_budget", "events_per_wait", "tick_ns", "buffer", "listener"}) {
    INFO(name);
    CHECK(thread.at(name).is_null());
  }
  CHECK(thread.at("stack_bytes") == 16'384);
  asked.runtime = "coroutine";
  CHECK(conditions_said_by(asked).at("tick_ns") == ns_per_ms);
  CHECK(conditions_said_by(asked).at("stack_bytes").is_null());
}

TEST_CASE(
    "a runtime on the system's stacks has no size of stacks, and is held to the limits of "
    "threads") {
  cell asked = timers_on_grid(ns_per_ms);
  test::sleeping(asked).tasks = 4;
  test::sleeping(asked).pattern = timers::pattern::storm;
  test::sleeping(asked).window_ns = ns_per_s;
  asked.runtime = "thread_default";
  asked.style = "direct";
  const json said = conditions_said_by(asked);
  CHECK(said.at("stack_bytes").is_null());
  CHECK(said.at("stack_guard").is_null());
  CHECK_FALSE(takes_stack_bytes(asked));
  CHECK(threads_of(asked) == 4);
  asked.runtime = "thread";
  CHECK(takes_stack_bytes(asked));
  CHECK(threads_of(asked) == 4);
  asked.runtime = "fiber";
  CHECK(takes_stack_bytes(asked));
  CHECK(threads_of(asked) == 0);
  CHECK(conditions_said_by(asked).at("stack_guard").is_string());
  asked.runtime = "of_somebody_else";
  CHECK(takes_stack_bytes(asked));
  asked.style = "callback";
  CHECK_FALSE(takes_stack_bytes(asked));
}

TEST_CASE("the more tasks there are, the smaller is the largest stack they could all have") {
  cell asked = timers_on_grid(ns_per_ms);
  asked.runtime = "fiber";
  asked.style = "direct";
  test::sleeping(asked).tasks = 10'000'000;
  const std::int64_t of_many = largest_stack_bytes(asked);
  CHECK(of_many % 4096 == 0);
  CHECK(of_many > 1 << 20);
  CHECK(of_many < 1 << 24);
  test::sleeping(asked).tasks = 100'000'000;
  CHECK(largest_stack_bytes(asked) < of_many / 5);
}

TEST_CASE("a runtime that can choose says how its timers are kept, and a heap has no tick") {
  cell asked = timers_on_grid(ns_per_ms);
  test::sleeping(asked).tasks = 4;
  test::sleeping(asked).pattern = timers::pattern::storm;
  test::sleeping(asked).window_ns = ns_per_s;
  asked.runtime = "coroutine";
  test::sleeping(asked).timers = timer_structure::heap;
  CHECK(asked_conditions(asked).at("timers") == "heap");
  CHECK(conditions_said_by(asked).at("timers") == "heap");
  CHECK(conditions_said_by(asked).at("tick_ns").is_null());
  test::sleeping(asked).timers.reset();
  CHECK(condition_differences(asked_conditions(asked), {{"timers", "wheel"}}).empty());
  test::sleeping(asked).timers = timer_structure::wheel;
  CHECK(conditions_said_by(asked).at("timers") == "wheel");
  CHECK(conditions_said_by(asked).at("tick_ns") == ns_per_ms);
  asked.runtime = "fiber";
  CHECK(conditions_said_by(asked).at("timers").is_null());
}

TEST_CASE("the allocator is named by its library, without a path") {
  CHECK_FALSE(worker::allocator_name().empty());
  CHECK(worker::allocator_name().find('/') == std::string::npos);
}

TEST_CASE("the wheel's tick follows a finer grid, down to a tenth of a millisecond") {
  const auto tick_for = [](time_ns grid_ns) {
    return cells::options_for(timers_on_grid(grid_ns)).tick_ns;
  };
  CHECK(cells::options_for(echo_cell()).tick_ns == ns_per_ms);
  CHECK(tick_for(ns_per_ms) == ns_per_ms);
  CHECK(tick_for(5 * ns_per_ms) == ns_per_ms);
  CHECK(tick_for(100 * ns_per_us) == 100 * ns_per_us);
  CHECK(tick_for(1'500 * ns_per_us) == 500 * ns_per_us);
  CHECK(tick_for(10 * ns_per_us) == 100 * ns_per_us);
}

TEST_CASE("a grid that a runtime's timers cannot be given is a limit with both values") {
  CHECK_FALSE(grid_obstacle(timers_on_grid(ns_per_ms), runtime_named("libuv")));
  CHECK_FALSE(grid_obstacle(timers_on_grid(7 * ns_per_ms), runtime_named("libuv")));
  const auto found = grid_obstacle(timers_on_grid(1'500 * ns_per_us), runtime_named("libuv"));
  REQUIRE(found);
  CHECK(found->name == "timer resolution of libuv");
  CHECK(found->value == ns_per_ms);
  CHECK(found->needed == 500 * ns_per_us);
  CHECK_FALSE(grid_obstacle(timers_on_grid(100 * ns_per_us), runtime_named("coroutine")));
  CHECK(grid_obstacle(timers_on_grid(10 * ns_per_us), runtime_named("coroutine")));
  CHECK_FALSE(grid_obstacle(timers_on_grid(1), runtime_named("thread")));
  CHECK_FALSE(grid_obstacle(echo_cell(), runtime_named("libuv")));
}
