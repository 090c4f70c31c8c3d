// Numbers as people write them.
#include "harness/cells/units.hpp"

#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "harness/cells/usage_error.hpp"
#include "tests/catch.hpp"

using namespace skein;
using namespace skein::cells;

namespace {

/// Holds a parser to one list of tests/quantities.json, which the scripts' parsers are held to,
/// too.
template <typename Parse>
void check_as_listed(const char* kind, Parse parse) {
  std::ifstream file(SKEIN_SOURCE_DIR "/tests/quantities.json");
  const auto listed = nlohmann::json::parse(file).at(kind);
  REQUIRE(listed.size() >= 9);
  for (const auto& [text, value] : listed.items()) {
    INFO(kind << " '" << text << "'");
    if (value.is_null()) {
      CHECK_THROWS_AS(parse(text), usage_error);
    } else {
      CHECK(parse(text) == value.template get<decltype(parse(text))>());
    }
  }
}

}  // namespace

TEST_CASE("a number with a unit means the same here and in a matrix") {
  check_as_listed("duration_ns", parse_duration);
  check_as_listed("size_bytes", parse_size);
  check_as_listed("count", parse_count);
  check_as_listed("rate_per_s", parse_rate);
  check_as_listed("share", parse_auto_share);
}

TEST_CASE("a duration without a unit is told so") {
  CHECK_THROWS_WITH(parse_duration("5"), test::contains("no unit"));
}

TEST_CASE(
    "what has more than 64 bits is the largest number, for whoever knows the bound to refuse") {
  constexpr auto largest = std::numeric_limits<std::int64_t>::max();
  CHECK(parse_count("99999999999999999999") == largest);
  CHECK(parse_size("99999999999GiB") == largest);
  CHECK(parse_duration("99999999999999999h") == largest);
}

TEST_CASE("a seed has 64 bits, and its bound is said where it is passed") {
  CHECK(parse_seed("0") == 0);
  CHECK(parse_seed("9007199254740993") == 9'007'199'254'740'993);  // no double has it
  CHECK(parse_seed("18_446_744_073_709_551_615") == 18'446'744'073'709'551'615U);
  for (const char* text : {"18446744073709551616", "99999999999999999999999", "-1", "1.5", "", "_1",
                           "1_", "1e3", "0x10", "10k"}) {
    INFO(text);
    CHECK_THROWS_WITH(parse_seed(text), test::contains("from 0 to 18446744073709551615"));
  }
}

TEST_CASE("CPUs are a list of ranges, put in order") {
  CHECK(parse_cpus("0") == std::vector{0});
  CHECK(parse_cpus("4,0-2,1") == std::vector{0, 1, 2, 4});
  for (const char* text : {"", ",", "0-", "-1", "3-1", "a", "0,,1", "1024"}) {
    INFO(text);
    CHECK_THROWS_AS(parse_cpus(text), usage_error);
  }
}

TEST_CASE("formatting gives back what parsing took") {
  for (const char* text : {"5s", "250ms", "1500ms", "100us", "7ns", "0s"}) {
    CHECK(format_duration(parse_duration(text)) == text);
  }
  for (const char* text : {"64B", "16KiB", "1MiB", "1000B"}) {
    CHECK(format_size(parse_size(text)) == text);
  }
  CHECK(format_cpus({0, 1, 2, 4}) == "0-2,4");
  CHECK(format_cpus({}).empty());
}

TEST_CASE("whatever begins like a share of saturation is meant as one, and told how to write it") {
  for (const char* wrong : {"auto", "auto:60", "auto:201%", "automatic"}) {
    INFO(wrong);
    CHECK(is_auto(wrong));
    CHECK_THROWS_WITH(parse_auto_share(wrong), test::contains("write auto:60%"));
  }
  CHECK_FALSE(is_auto("60%"));
}
