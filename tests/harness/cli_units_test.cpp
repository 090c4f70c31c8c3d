// Numbers as people write them.
#include <limits>

#include "harness/cli/exit_status.hpp"
#include "harness/cli/units.hpp"
#include "tests/catch.hpp"

using namespace skein;
using namespace skein::cli;

TEST_CASE("a duration is a number and its unit") {
  CHECK(parse_duration("5s") == 5 * ns_per_s);
  CHECK(parse_duration("250ms") == 250 * ns_per_ms);
  CHECK(parse_duration("1.5s") == 1500 * ns_per_ms);
  CHECK(parse_duration("100us") == 100 * ns_per_us);
  CHECK(parse_duration("1m") == 60 * ns_per_s);
  CHECK(parse_duration("0s") == 0);
}

TEST_CASE("what is no duration is refused") {
  for (const char* text :
       {"", "5", "s", "-5s", "5 s", "5sec", "1e3s", "0.1ns", "5s5s", "._s", "1..5s", "_5s"}) {
    INFO(text);
    CHECK_THROWS_AS(parse_duration(text), usage_error);
  }
  CHECK_THROWS_WITH(parse_duration("5"), test::contains("no unit"));
}

TEST_CASE("a size may leave its unit out") {
  CHECK(parse_size("64") == 64);
  CHECK(parse_size("64B") == 64);
  CHECK(parse_size("16KiB") == 16'384);
  CHECK(parse_size("1.5MiB") == 1'572'864);
  for (const char* text : {"", "16KB", "16k", "-1", "0.5B"}) {
    INFO(text);
    CHECK_THROWS_AS(parse_size(text), usage_error);
  }
}

TEST_CASE("a count may be grouped and scaled") {
  CHECK(parse_count("10000") == 10'000);
  CHECK(parse_count("10_000") == 10'000);
  CHECK(parse_count("10k") == 10'000);
  CHECK(parse_count("1M") == 1'000'000);
  for (const char* text : {"", "ten", "-1", "1.5", "10_", "1G"}) {
    INFO(text);
    CHECK_THROWS_AS(parse_count(text), usage_error);
  }
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

TEST_CASE("a rate is above zero and may have decimals") {
  CHECK(parse_rate("20k") == test::approx(20'000));
  CHECK(parse_rate("0.5") == test::approx(0.5));
  CHECK_THROWS_AS(parse_rate("0"), usage_error);
  CHECK_THROWS_AS(parse_rate("-1"), usage_error);
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

TEST_CASE("a share of saturation is auto: and a percentage above 0, at most 100") {
  CHECK(parse_auto_share("auto:60%") == 0.6);
  CHECK(parse_auto_share("auto:100%") == 1);
  CHECK(parse_auto_share("auto:0.5%") == 0.005);
  for (const char* wrong :
       {"auto", "auto:", "auto:60", "auto:0%", "auto:101%", "auto:-5%", "auto:60%%", "automatic"}) {
    INFO(wrong);
    CHECK(is_auto(wrong));
    CHECK_THROWS_WITH(parse_auto_share(wrong), test::contains("write auto:60%"));
  }
  CHECK_FALSE(is_auto("60%"));
}
