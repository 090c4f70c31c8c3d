// The cell: its JSON, its id, its echo.
#include "harness/cells/cell.hpp"

#include <stdexcept>

#include "tests/catch.hpp"
#include "tests/cells.hpp"

using namespace skein;
using namespace skein::cells;

namespace {

cell fixed_cell() {
  cell asked;
  asked.of = c10k::cell{};
  asked.runtime = "coroutine";
  asked.style = "coroutine";
  test::served(asked).connections = 10'000;
  test::served(asked).active = 100;
  test::served(asked).mode = c10k::mode::fixed;
  test::served(asked).payload_bytes = 64;
  test::served(asked).buffer = buffer_policy::lent;
  test::served(asked).buffer_bytes = 1024;
  test::served(asked).duration_ns = 5 * ns_per_s;
  test::served(asked).warmup_ns = ns_per_s;
  asked.seed = 1;
  return asked;
}

cell timers_cell() {
  cell asked;
  asked.of = timers::cell{};
  asked.runtime = "libuv";
  test::sleeping(asked).tasks = 100'000;
  test::sleeping(asked).pattern = timers::pattern::spread;
  test::sleeping(asked).grid_ns = ns_per_ms;
  test::sleeping(asked).window_ns = 5 * ns_per_s;
  return asked;
}

}  // namespace

TEST_CASE("ids are stable paths of workload, runtime and size") {
  CHECK(cell_id(fixed_cell()) == "c10k/coroutine/10000/fixed/active=100/64B/lent");
  CHECK(cell_id(timers_cell()) == "timers/libuv/100000/spread/5s");
}

TEST_CASE("cells that must not be compared have different ids") {
  const std::string usual = cell_id(fixed_cell());
  cell other = fixed_cell();
  test::served(other).mode = c10k::mode::open;
  test::served(other).rate_per_s = 20'000;
  test::served(other).arrival = c10k::arrival::poisson;
  CHECK(cell_id(other) == "c10k/coroutine/10000/open/active=100/rate=20000/64B/lent");
  test::served(other).pipeline = 1;
  CHECK(cell_id(other) == "c10k/coroutine/10000/open/active=100/rate=20000/pipeline=1/64B/lent");
  other = fixed_cell();
  other.stack_bytes = 65'536;
  CHECK(cell_id(other) == usual + "/stack=64KiB");
  other = fixed_cell();
  test::served(other).buffer_bytes = 2048;
  CHECK(cell_id(other) == usual + "/buffer=2KiB");
  other = timers_cell();
  test::sleeping(other).timers = timer_structure::wheel;
  CHECK(cell_id(other) == cell_id(timers_cell()));
  test::sleeping(other).timers = timer_structure::heap;
  CHECK(cell_id(other) == "timers/libuv/100000/spread/5s/timers=heap");
  other = timers_cell();
  test::sleeping(other).grid_ns = 10 * ns_per_us;
  CHECK(cell_id(other) == "timers/libuv/100000/spread/5s/grid=10us");
}

TEST_CASE("a cell survives the way through JSON, nulls included") {
  const json object = to_json(fixed_cell());
  CHECK(object.at("rate_per_s").is_null());
  CHECK_FALSE(object.contains("tasks"));
  CHECK(object.at("connections") == 10'000);
  CHECK(to_json(cell_from_json(object)) == object);
}

TEST_CASE("a cell with a missing or ill-typed field is refused by name") {
  json object = to_json(fixed_cell());
  object["connections"] = "many";
  CHECK_THROWS_WITH(cell_from_json(object), test::contains("connections"));
  object = to_json(fixed_cell());
  object.erase("seed");
  CHECK_THROWS_WITH(cell_from_json(object), test::contains("seed"));
  object = to_json(fixed_cell());
  object["connections"] = -1;
  CHECK_THROWS_WITH(cell_from_json(object), test::contains("connections cannot be -1"));
  object = to_json(fixed_cell());
  object["buffer"] = "borrowed";
  CHECK_THROWS_WITH(cell_from_json(object), test::contains("buffer cannot be \"borrowed\""));
  object["workload"] = "c10m";
  CHECK_THROWS_WITH(cell_from_json(object), test::contains("workload"));
  CHECK_THROWS_AS(cell_from_json(json::array()), std::invalid_argument);
}

TEST_CASE("an echo is compared field by field, numbers by value") {
  const json asked = to_json(fixed_cell());
  json echoed = asked;
  CHECK(echo_differences(asked, echoed).empty());
  echoed["connections"] = 10'000.0;
  CHECK(echo_differences(asked, echoed).empty());
  echoed["connections"] = 9'999;
  echoed.erase("buffer");
  echoed["surprise"] = 1;
  const auto differences = echo_differences(asked, echoed);
  REQUIRE(differences.size() == 3);
  CHECK(differences[0] == "connections: asked 10000, echoed 9999");
  CHECK(echo_differences(asked, nullptr).size() == 1);
}
