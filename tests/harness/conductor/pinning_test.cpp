// Which CPUs, when not all can be had.
#include "harness/conductor/prepare/pinning.hpp"

#include <cstdint>
#include <vector>

#include "harness/cells/usage_error.hpp"
#include "tests/catch.hpp"

using namespace skein;
using namespace skein::conductor;

TEST_CASE("what is allowed is granted") {
  const pinning plan = plan_pinning({{0}, false}, {{1}, false}, {0, 1});
  CHECK(plan.worker_cpus == std::vector{0});
  CHECK(plan.generator_cpus == std::vector{1});
  CHECK(plan.reasons.empty());
}

TEST_CASE("a default that cannot be had is dropped with a reason, and may run anywhere") {
  const pinning plan = plan_pinning({{0}, false}, {{1}, false}, {0});
  CHECK(plan.generator_cpus.empty());
  CHECK(plan.generator_set() == std::vector{0});
  REQUIRE(plan.reasons.size() == 1);
  CHECK_THAT(plan.reasons[0], test::contains("not pinned: generator: CPU 1"));
}

TEST_CASE("an explicit request that cannot be met names what could be") {
  CHECK_THROWS_WITH(plan_pinning({{7}, true}, {{1}, false}, {0, 1}), test::contains("(0-1)"));
  CHECK_THROWS_AS(plan_pinning({{0}, true}, {{0, 7}, true}, {0, 1}), cells::usage_error);
}

TEST_CASE("sides that share a CPU are marked") {
  const pinning plan = plan_pinning({{0}, true}, {{0, 1}, true}, {0, 1});
  REQUIRE(plan.reasons.size() == 1);
  CHECK_THAT(plan.reasons[0], test::contains("share CPU 0"));
}

TEST_CASE("a side is pinned to its whole set, and says which CPUs of it the other shares") {
  const pinning plan = plan_pinning({{0, 1, 3}, true}, {{1}, false}, {0, 1, 2, 3});
  CHECK(plan.worker_set() == std::vector{0, 1, 3});
  REQUIRE(plan.reasons.size() == 1);
  CHECK_THAT(plan.reasons[0], test::contains("not apart: worker and generator share CPU 1"));
}

TEST_CASE("more workers than CPUs are said, and as many or fewer are not") {
  pinning plan;
  plan.worker_cpus = {0, 1, 3};
  for (const std::int64_t workers : {1, 2, 3}) CHECK(crowding(workers, plan).empty());
  CHECK_THAT(crowding(4, plan), test::contains("crowded: 4 workers on CPU 0-1,3"));
  plan.worker_cpus.clear();  // not pinned
  plan.allowed = {0, 1};
  CHECK(crowding(2, plan).empty());
  CHECK_THAT(crowding(3, plan), test::contains("on CPU 0-1"));
}
