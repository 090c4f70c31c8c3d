// What a name stands for: workloads, modes, runtimes, and cells by their ids.
#include "harness/cells/find_named.hpp"

#include <string>
#include <vector>

#include "harness/cells/cell.hpp"
#include "harness/cells/usage_error.hpp"
#include "tests/catch.hpp"

using namespace skein;
using namespace skein::cells;

namespace {

const std::vector<std::string> runtimes{"coroutine", "libuv", "tokio"};

named_work find(std::string_view name) {
  return find_named(name, runtimes);
}

}  // namespace

TEST_CASE("a workload, a mode of it and a runtime are found by their names") {
  CHECK(find("c10k").workload == &c10k::declared);
  CHECK(find("c10k").shape.empty());
  CHECK(find("timers/churn").workload == &timers::declared);
  CHECK(find("timers/churn").shape == "churn");
  CHECK(find("tokio").workload == nullptr);
  CHECK(find("tokio").runtime == "tokio");
}

TEST_CASE("a cell's id says workload, runtime and every value that stands in it") {
  const named_work found = find("c10k/coroutine/10000/fixed/active=100/64B/lent");
  CHECK(found.workload == &c10k::declared);
  CHECK(found.runtime == "coroutine");
  CHECK(found.shape == "fixed");
  CHECK(found.values == said_values{{"connections", "10000"},
                                    {"mode", "fixed"},
                                    {"active", "100"},
                                    {"payload_bytes", "64B"},
                                    {"buffer", "lent"}});
}

TEST_CASE("parts of an id that are rarely there are found where they stand") {
  const auto idle = find("c10k/libuv/1000/idle/lent/loops=4").values;
  CHECK(idle ==
        said_values{{"connections", "1000"}, {"mode", "idle"}, {"buffer", "lent"}, {"loops", "4"}});
  const auto open = find("c10k/tokio/1000/open/active=1000/rate=0.5/uniform/4KiB/lent/buffer=4KiB");
  CHECK(open.values.at("rate_per_s") == "0.5");
  CHECK(open.values.at("arrival") == "uniform");
  CHECK(open.values.at("payload_bytes") == "4KiB");
  CHECK(open.values.at("buffer_bytes") == "4KiB");
  const auto shared = find("c10k/libuv/10/open/active=10/rate=auto:60%/64B/lent");
  CHECK(shared.values.at("rate_per_s") == "auto:60%");
  CHECK(find("timers/libuv/1000/spread/5s/grid=100us").values.at("grid_ns") == "100us");
}

TEST_CASE("the id that a cell has is read back to what made it") {
  for (const workloads::declaration* const each : workloads::declarations) {
    for (const auto& shape : each->shapes) {
      said_values said{{std::string(each->shape), std::string(shape.word)}};
      const fill_hooks plain{[](const workloads::field&, const json&) { return 1; },
                             [](const workloads::field&, bool) { return true; }};
      filled first = fill(*each, said, "", plain);
      first.values["workload"] = each->id;
      first.values["runtime"] = "libuv";
      first.values["style"] = nullptr;
      const std::string id = cell_id(cell_from_json(first.values));
      INFO(id);
      const named_work found = find(id);
      CHECK(found.shape == shape.word);
      filled again = fill(*each, found.values, "", plain);
      again.values["workload"] = each->id;
      again.values["runtime"] = "libuv";
      again.values["style"] = nullptr;
      CHECK(cell_id(cell_from_json(again.values)) == id);
    }
  }
}

TEST_CASE("a cell of a matrix is found by its group and its runtime") {
  CHECK(find("c10k-idle-heavy/libuv").shape == "idle_heavy");
  CHECK(find("c10k-idle-heavy/libuv").runtime == "libuv");
  CHECK(find("c10k-open-30%").shape == "open");
  CHECK(find("timers-million-10s/tokio").workload == &timers::declared);
  CHECK(find("timers-million-10s/tokio").shape.empty());
  CHECK(find("c10k/idle/libuv").runtime == "libuv");
}

TEST_CASE("an unknown name is refused with those that there are and the nearest") {
  CHECK_THROWS_WITH(find("c12k"), test::contains("nearest: c10k"));
  CHECK_THROWS_WITH(find("c12k"), test::contains("timers/churn, coroutine, libuv, tokio"));
  CHECK_THROWS_WITH(find("timers/chrun"),
                    test::contains("unknown runtime or pattern of timers 'chrun'"));
  CHECK_THROWS_WITH(find("timers/chrun"), test::contains("nearest: churn"));
  CHECK_THROWS_WITH(find("c10k/idle/libvu"), test::contains("unknown runtime of c10k 'libvu'"));
  CHECK_THROWS_WITH(find("c10k/corutine"), test::contains("nearest: coroutine"));
  CHECK_THROWS_WITH(find("c10k/libuv/10000/fixed/actve=100"),
                    test::contains("'actve=100' is no part of the id of a cell of c10k"));
  CHECK_THROWS_AS(find(""), usage_error);
  CHECK_THROWS_AS(find("/"), usage_error);
  CHECK_THROWS_AS(find("c10k/"), usage_error);
}
