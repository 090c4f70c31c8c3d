// What a declaration says in words: help, bounds and defaults, and the form for programs.
#include "harness/cells/describe.hpp"

#include <string>
#include <string_view>

#include "generated/workloads/cells.hpp"
#include "tests/catch.hpp"

using namespace skein;
using namespace skein::cells;

namespace {

std::string help(std::string_view name) {
  return help_of(c10k::declared, field_named(c10k::declared, name));
}

std::string values(std::string_view name, std::string_view mode = "") {
  return values_of(c10k::declared, field_named(c10k::declared, name), mode);
}

}  // namespace

TEST_CASE("the help of an option says where it applies and what its default is") {
  CHECK_THAT(help("arrival"), test::contains("(mode open, idle_heavy) [poisson]"));
  CHECK_THAT(help("active"), test::contains("[100 % in open, 5 % in idle_heavy, else 100]"));
  CHECK_THAT(help("duration_ns"), test::contains("[5s]"));
}

TEST_CASE("the help of a mode says what each of them does, as the declaration has it") {
  for (const auto& each : c10k::declared.shapes) {
    CHECK_THAT(help("mode"),
               test::contains(std::string(each.word) + ": " + std::string(each.does)));
  }
  CHECK_THAT(help("mode"), test::contains("[fixed]"));
}

TEST_CASE("values are a kind with its bounds, in the units of the command line") {
  CHECK(values("connections") == "a count from 1 to 100000000 [10000]");
  CHECK(values("payload_bytes") == "a size from 1B to 16MiB [64B]");
  CHECK(values("duration_ns") == "a duration from 1ms to 86400s [5s]");
  CHECK(values("rate_per_s") == "a rate per second above 0 to 1000000000 [20000]");
  CHECK(values("buffer") == "lent, own, runtime [lent]");
  CHECK(values("depth") == "1, 2, 4, 8, 16, 32, 64 [1]");
  CHECK(values("pipeline") == "a count from 1 to 1000000");
  CHECK(values("seed") == "a number of 64 bits [1]");
}

TEST_CASE("a bound that is another field's value is said by its option") {
  CHECK(values("buffer_bytes") == "a size from --payload-bytes to 16MiB [1KiB]");
  CHECK(values("exchange") == "a count from 1 to --connections");
}

TEST_CASE("in one mode a share stands for bounds and default") {
  CHECK(values("active", "idle_heavy") ==
        "a count from 1 to 20 % of --connections [5 % of "
        "--connections]");
  CHECK(values("active", "open") == "a count from 1 to --connections [100 % of --connections]");
  CHECK(values("active", "churn") == "a count from 1 to --connections [100]");
}

TEST_CASE("a field applies to the modes that it names, and to any that are asked about") {
  const workloads::field& rate = field_named(c10k::declared, "rate_per_s");
  CHECK(applies_to(rate, "open"));
  CHECK_FALSE(applies_to(rate, "idle"));
  CHECK(applies_to(rate, ""));
  CHECK(applies_to(field_named(c10k::declared, "buffer"), "idle"));
}

TEST_CASE("an option's value is told by its kind, and a word by all of them") {
  CHECK(placeholder_of(field_named(c10k::declared, "buffer")) == "lent|own|runtime");
  CHECK(placeholder_of(field_named(c10k::declared, "buffer_bytes")) == "SIZE");
  CHECK(placeholder_of(field_named(timers::declared, "window_ns")) == "TIME");
}

TEST_CASE("the seed is an option, though no setting") {
  CHECK(is_option(field_named(c10k::declared, "seed")));
}

TEST_CASE("a field that is auto where nothing is said has that for its default") {
  CHECK(values("workers") == "a count from 1 to 63 [auto]");
  CHECK(values("workers", "idle") == "a count from 1 to 63 [auto]");
  CHECK_THAT(help("workers"), test::contains("[auto]"));
}

TEST_CASE("for programs a declaration has the texts of each pattern") {
  const json all = to_json(timers::declared);
  CHECK(all["patterns"] == json(field_named(timers::declared, "pattern").words));
  REQUIRE(all["shapes"].size() == timers::declared.shapes.size());
  CHECK(all["shapes"].back()["name"] == "churn");
  CHECK(all["shapes"].back()["does"] == timers::declared.shapes.back().does);
}
