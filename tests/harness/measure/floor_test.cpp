// The probes run and say nothing where they cannot. What they find is not tested: it is the
// machine's.
#include <sched.h>

#include "harness/measure/machine_floor.hpp"
#include "tests/catch.hpp"

using namespace skein::measure;

namespace {

int first_allowed_cpu() {
  cpu_set_t set;
  CPU_ZERO(&set);
  REQUIRE(::sched_getaffinity(0, sizeof set, &set) == 0);
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(static_cast<unsigned>(cpu), &set)) return cpu;
  }
  return 0;
}

}  // namespace

TEST_CASE("all probes give a positive time, on one CPU too, and leave the caller's CPUs alone") {
  const int cpu = first_allowed_cpu();
  cpu_set_t before;
  cpu_set_t after;
  ::sched_getaffinity(0, sizeof before, &before);
  const auto floor = measure_machine_floor(cpu, cpu, 5'000'000);
  ::sched_getaffinity(0, sizeof after, &after);
  CHECK(floor.stall_p99_ns.value() > 0);
  CHECK(floor.wake_ns.value() > 0);
  CHECK(floor.timer_p50_ns.value() > 0);
  CHECK(floor.timer_p99_ns.value() >= floor.timer_p50_ns.value());
  CHECK(CPU_EQUAL(&before, &after));
}

TEST_CASE("a CPU that is not there gives no figure") {
  const auto floor = measure_machine_floor(-1, 100'000, 1'000'000);
  CHECK(!floor.stall_p99_ns);
  CHECK(!floor.wake_ns);
  CHECK(!floor.timer_p50_ns);
  CHECK(to_json(floor)["stall_p99_ns"].is_null());
}
