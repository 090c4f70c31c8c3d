// From what was said to the whole cell: defaults, sizes, bounds, and what is refused.
#include "harness/cells/fill.hpp"

#include "harness/cells/usage_error.hpp"
#include "tests/catch.hpp"

using namespace skein;
using namespace skein::cells;

namespace {

/// Every runtime takes every field, and `auto` is 7.
const fill_hooks plain{[](const workloads::field&, const json&) { return 7; },
                       [](const workloads::field&, bool) { return true; }};

filled fill_c10k(const said_values& said, const std::string& size = "") {
  return fill(c10k::declared, said, size, plain);
}

json value_of(const said_values& said, const char* name) {
  return fill_c10k(said).values.at(name);
}

/// The active connections that a mode has where only their total was said.
std::int64_t usual_active(const std::string& mode, std::int64_t connections) {
  return value_of({{"mode", mode}, {"connections", std::to_string(connections)}}, "active");
}

}  // namespace

TEST_CASE("where nothing is said a cell has the declared defaults") {
  const json values = fill_c10k({}).values;
  CHECK(values.at("connections") == c10k::usual::connections);
  CHECK(values.at("mode") == "fixed");
  CHECK(values.at("active") == 100);
  CHECK(values.at("payload_bytes") == 64);
  CHECK(values.at("duration_ns") == 5 * ns_per_s);
  CHECK(values.at("stack_bytes") == workloads::usual::stack_bytes);
  CHECK(values.at("rate_per_s").is_null());
  CHECK(values.at("pipeline").is_null());
  CHECK(values.at("loops").is_null());
}

TEST_CASE("a named size changes what it declares and nothing else") {
  const json values = fill_c10k({}, "test").values;
  CHECK(values.at("connections") == 64);
  CHECK(values.at("duration_ns") == 500 * ns_per_ms);
  CHECK(values.at("payload_bytes") == 64);
  CHECK(fill_c10k({}, "base").values == fill_c10k({}).values);
  CHECK_THROWS_WITH(fill_c10k({}, "tests"), test::contains("nearest: test"));
}

TEST_CASE(
    "a number that may be one of a few is refused with all of them, and its usual one is null") {
  CHECK(value_of({}, "depth").is_null());
  CHECK(value_of({{"depth", "1"}}, "depth").is_null());
  CHECK(value_of({{"depth", "4"}}, "depth") == 4);
  CHECK(value_of({{"held_bytes", "0"}}, "held_bytes").is_null());
  CHECK(value_of({{"held_bytes", "1KiB"}}, "held_bytes") == 1024);
  for (const char* const none : {"0", "3", "65"}) {
    CHECK_THROWS_WITH(fill_c10k({{"depth", none}}),
                      test::contains("is none of 1, 2, 4, 8, 16, 32, 64"));
  }
  CHECK_THROWS_WITH(fill_c10k({{"held_bytes", "65"}}),
                    test::contains("is none of 0B, 64B, 256B, 1KiB, 4KiB, 16KiB"));
}

TEST_CASE("what is said takes the place of a default, in the units of the record") {
  CHECK(value_of({{"connections", "100k"}}, "connections") == 100'000);
  CHECK(value_of({{"duration_ns", "1m"}}, "duration_ns") == 60 * ns_per_s);
  CHECK(value_of({{"payload_bytes", "1KiB"}}, "payload_bytes") == 1024);
  CHECK(value_of({{"mode", "open"}, {"rate_per_s", "0.5"}}, "rate_per_s") == 0.5);
  CHECK(value_of({{"seed", "18446744073709551615"}}, "seed") == 18'446'744'073'709'551'615U);
}

TEST_CASE("an open loop uses all connections, an idle-heavy one 5 % of them") {
  CHECK(usual_active("open", 10'000) == 10'000);
  CHECK(usual_active("idle_heavy", 10'000) == 500);
  CHECK(usual_active("idle_heavy", 64) == 3);
  CHECK(usual_active("fixed", 10'000) == 100);
  CHECK(usual_active("churn", 64) == 64);
}

TEST_CASE("the usual number of an idle-heavy load is always an allowed one") {
  for (std::int64_t connections = 5; connections < 500; ++connections) {
    INFO(connections);
    CHECK_NOTHROW(usual_active("idle_heavy", connections));
  }
}

TEST_CASE("an idle-heavy load takes 1-20 % of the connections") {
  const auto with = [](const std::string& connections, const std::string& active) {
    return fill_c10k({{"mode", "idle_heavy"}, {"connections", connections}, {"active", active}});
  };
  CHECK_NOTHROW(with("10000", "100"));
  CHECK_NOTHROW(with("10000", "2000"));
  CHECK_THROWS_WITH(with("10000", "99"), test::contains("from 100 to 2000"));
  CHECK_THROWS_WITH(with("10000", "2001"), test::contains("--active: 2001 is out of bounds"));
  // 1 % of 150 is no whole number: one of them would be less.
  CHECK_THROWS_WITH(with("150", "1"), test::contains("from 2 to 30"));
  CHECK_NOTHROW(with("150", "2"));
  CHECK_THROWS_WITH(with("4", "1"), test::contains("--connections: 4 are too few"));
}

TEST_CASE("an option that the mode has no use for is refused by name") {
  const said_values idle{{"mode", "idle"}};
  for (const char* name : {"active", "payload_bytes", "duration_ns", "warmup_requests", "memory",
                           "rate_per_s", "pipeline", "requests", "arrival"}) {
    said_values said = idle;
    said.emplace(name, "1");
    INFO(name);
    CHECK_THROWS_WITH(fill_c10k(said), test::contains("applies to --mode"));
  }
  CHECK_THROWS_WITH(fill_c10k({{"hold_ns", "1s"}}),
                    test::contains("--hold applies to --mode idle only"));
  CHECK_NOTHROW(fill_c10k({{"mode", "idle"}, {"hold_ns", "1s"}}));
}

TEST_CASE("values out of bounds are quoted as they were said") {
  CHECK_THROWS_WITH(fill_c10k({{"connections", "0"}}),
                    test::contains("--connections: 0 is out of bounds; from 1 to 100000000"));
  CHECK_THROWS_WITH(fill_c10k({{"connections", "99999999999999999999"}}),
                    test::contains("99999999999999999999 is out of bounds"));
  CHECK_THROWS_WITH(fill_c10k({{"payload_bytes", "2KiB"}, {"buffer_bytes", "1KiB"}}),
                    test::contains("--buffer-bytes: 1KiB is out of bounds; from 2KiB"));
  CHECK_THROWS_WITH(fill(timers::declared, {{"grid_ns", "6s"}}, "", plain),
                    test::contains("--grid: 6s is out of bounds; from 1ns to 5s"));
  CHECK_THROWS_WITH(fill_c10k({{"duration_ns", "25h"}}), test::contains("--duration: 25h"));
}

TEST_CASE("a default moves within the bounds that another field sets") {
  CHECK(value_of({{"payload_bytes", "4KiB"}}, "buffer_bytes") == 4096);
  CHECK(value_of({{"connections", "10"}}, "active") == 10);
}

TEST_CASE("requests take the place of a duration, and both are refused") {
  CHECK(value_of({{"requests", "50"}}, "duration_ns").is_null());
  CHECK_THROWS_WITH(fill_c10k({{"requests", "50"}, {"duration_ns", "1s"}}),
                    test::contains("give --requests or --duration, not both"));
}

TEST_CASE("a rate may be a share of saturation, and a count what the machine needs") {
  const filled shared = fill_c10k({{"mode", "open"}, {"rate_per_s", "auto:60%"}});
  CHECK(shared.rate_share == 0.6);
  CHECK(shared.values.at("rate_per_s").is_null());
  CHECK_THROWS_WITH(fill_c10k({{"mode", "open"}, {"rate_per_s", "auto:0%"}}),
                    test::contains("--rate: 'auto:0%' is not a share"));
  CHECK(value_of({{"mode", "idle"}, {"loops", "auto"}}, "loops") == 7);
  CHECK_THROWS_WITH(fill_c10k({{"mode", "idle"}, {"loops", "automatic"}}),
                    test::contains("--loops: 'automatic' is not a count"));
  CHECK(value_of({{"mode", "idle"}, {"loops", "1"}}, "loops").is_null());
}

TEST_CASE("workers are auto where nothing is said, and one where the runtime takes no number") {
  CHECK(value_of({}, "workers") == 7);
  CHECK(value_of({{"workers", "auto"}}, "workers") == 7);
  CHECK(value_of({{"workers", "1"}}, "workers") == 1);
  CHECK(value_of({{"workers", "63"}}, "workers") == 63);
  CHECK_THROWS_WITH(fill_c10k({{"workers", "64"}}),
                    test::contains("--workers: 64 is out of bounds; from 1 to 63"));
  const fill_hooks none{plain.automatic,
                        [](const workloads::field& field, bool) { return field.of.empty(); }};
  CHECK(fill(c10k::declared, {}, "", none).values.at("workers") == 1);
}

TEST_CASE("auto is refused as any value is where the runtime does not take the field") {
  const fill_hooks refusing{plain.automatic, [](const workloads::field& field, bool said) {
                              if (said && !field.of.empty()) throw usage_error("not taken");
                              return field.of.empty();
                            }};
  CHECK_THROWS_WITH(fill(c10k::declared, {{"workers", "auto"}}, "", refusing), "not taken");
}

TEST_CASE("a mistyped word is refused with the nearest") {
  CHECK_THROWS_WITH(fill_c10k({{"mode", "opne"}}), test::contains("nearest: open"));
  CHECK_THROWS_WITH(fill_c10k({{"buffer", "lend"}}), test::contains("nearest: lent"));
}

TEST_CASE("a field that the runtime does not take is null, though its value is checked") {
  const fill_hooks none{plain.automatic,
                        [](const workloads::field& field, bool) { return field.of.empty(); }};
  CHECK(fill(c10k::declared, {}, "", none).values.at("stack_bytes").is_null());
  CHECK_THROWS_AS(fill(c10k::declared, {{"stack_bytes", "1B"}}, "", none), usage_error);
}

TEST_CASE("every declared default is within the declared bounds, in every shape and size") {
  for (const workloads::declaration* const each : workloads::declarations) {
    const auto shape = std::find_if(each->fields.begin(), each->fields.end(),
                                    [&](const auto& field) { return field.name == each->shape; });
    for (const std::string_view word : shape->words) {
      for (const char* const size : {"test", "base"}) {
        INFO(each->id << ", " << word << ", " << size);
        CHECK_NOTHROW(fill(*each, {{std::string(each->shape), std::string(word)}}, size, plain));
      }
    }
  }
}
