// How many connections carry requests, mode by mode.
#include "harness/cli/active.hpp"
#include "harness/cli/exit_status.hpp"
#include "tests/catch.hpp"

using namespace skein;
using namespace skein::cli;

TEST_CASE("an open loop uses all connections, an idle-heavy one 5 % of them") {
  CHECK(usual_active("open", 10'000, 100) == 10'000);
  CHECK(usual_active("idle_heavy", 10'000, 100) == 500);
  CHECK(usual_active("idle_heavy", 64, 16) == 3);
  CHECK(usual_active("fixed", 10'000, 100) == 100);
  CHECK(usual_active("churn", 64, 100) == 64);
}

TEST_CASE("the usual number of an idle-heavy load is always an allowed one") {
  for (std::int64_t connections = 5; connections < 500; ++connections) {
    INFO(connections);
    CHECK_NOTHROW(
        check_active("idle_heavy", connections, usual_active("idle_heavy", connections, 100)));
  }
}

TEST_CASE("an idle-heavy load takes 1-20 % of the connections") {
  CHECK_NOTHROW(check_active("idle_heavy", 10'000, 100));
  CHECK_NOTHROW(check_active("idle_heavy", 10'000, 2'000));
  CHECK_THROWS_WITH(check_active("idle_heavy", 10'000, 99), test::contains("from 100 to 2000"));
  CHECK_THROWS_WITH(check_active("idle_heavy", 10'000, 2'001), test::contains("use --mode open"));
  // 1 % of 150 is no whole number: one of them would be less.
  CHECK_THROWS_WITH(check_active("idle_heavy", 150, 1), test::contains("from 2 to 30"));
  CHECK_NOTHROW(check_active("idle_heavy", 150, 2));
  CHECK_THROWS_WITH(check_active("idle_heavy", 4, 1), test::contains("too few"));
  CHECK_NOTHROW(check_active("open", 10'000, 1));
}
