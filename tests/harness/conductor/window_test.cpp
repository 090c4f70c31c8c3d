// The frame of a window: when it was read, and whose doing the generator's absence was.
#include <chrono>
#include <csignal>
#include <thread>

#include "harness/conductor/runs/window_probe.hpp"
#include "tests/catch.hpp"

using namespace skein;
using namespace skein::conductor;

namespace {

pinning pinned(int worker, int generator) {
  pinning pins;
  pins.worker_cpus = {worker};
  pins.generator_cpus = {generator};
  return pins;
}

struct scene {
  explicit scene(pinning where) : pins(std::move(where)) {}

  pinning pins;
  child_process child{"worker", {"sleep", {"sleep", "60"}}, {}};
  worker_counters counters{false};
  window_probe probe{pins, child, {}, counters};
};

void rest_ms(int ms) {
  std::this_thread::sleep_for(std::chrono::milliseconds(ms));
}

}  // namespace

TEST_CASE("readings are late by what they lie behind either end of the window") {
  scene of(pinned(0, 1));
  const time_ns before_ns = monotonic_clock::now_ns();
  of.probe.begin();
  const time_ns between_ns = monotonic_clock::now_ns();
  rest_ms(20);
  const window_use use = of.probe.end();
  const time_ns after_ns = monotonic_clock::now_ns();
  const auto late_ns = [&](time_ns begin_ns, time_ns end_ns) {
    return of.probe.away(begin_ns, end_ns, use).conductor_ns.value();
  };
  CHECK(late_ns(before_ns - ns_per_s, after_ns) >= ns_per_s);
  CHECK(late_ns(between_ns, after_ns) == 0);  // a reading may be early
  CHECK(late_ns(between_ns, between_ns) >= 20 * ns_per_ms);
  CHECK(late_ns(before_ns - ns_per_s, between_ns) >= ns_per_s + 20 * ns_per_ms);
  CHECK(of.probe.away(5, 12, use).window_ns == 7);
  CHECK(of.probe.sides_away(7, use).window_ns == 7);
  CHECK_FALSE(of.probe.sides_away(7, use).conductor_ns);
}

TEST_CASE("of a window by another clock the conductor is late by what its own differs from") {
  scene of(pinned(0, 1));
  of.probe.begin();
  rest_ms(20);
  const window_use use = of.probe.end();
  const auto late_ns = [&](time_ns window_ns) {
    return of.probe.away_from(window_ns, use).conductor_ns.value();
  };
  CHECK(late_ns(0) >= 20 * ns_per_ms);
  CHECK(late_ns(late_ns(0)) == 0);
  CHECK(late_ns(late_ns(0) + 7) == 7);
  CHECK(of.probe.away_from(12, use).window_ns == 12);
}

TEST_CASE("a worker's stop counts from the window's begin on") {
  scene of(pinned(0, 1));
  ::kill(of.child.pid(), SIGSTOP);
  rest_ms(30);
  of.probe.begin();
  const time_ns begin_ns = monotonic_clock::now_ns();
  const auto away_ns = [&] { return of.probe.away(0, 1, of.probe.end()).worker_ns.value(); };
  CHECK(away_ns() <= monotonic_clock::now_ns() - begin_ns + 10 * ns_per_ms);
  rest_ms(50);
  CHECK(away_ns() >= 50 * ns_per_ms);
}

TEST_CASE("what ksoftirqd did on the generator's CPU is not the absence of the generator") {
  scene of(pinned(0, 1));
  window_use use;
  use.cpu.total_ns = ns_per_s;
  use.host.softirqd_ns = {{0, 100}, {1, 30}};
  CHECK(of.probe.away(0, 1, use, 50).generator_ns == 20);
  CHECK(of.probe.away(0, 1, use, 20).generator_ns == 0);
  CHECK_FALSE(of.probe.away(0, 1, use).generator_ns);
}

TEST_CASE("a worker on the generator's only CPU is meant to run there") {
  scene of(pinned(0, 0));
  window_use use;
  use.cpu.total_ns = 1'000;
  CHECK(of.probe.away(0, 1, use, 1'500).generator_ns == 500);
  CHECK(of.probe.away(0, 1, use, 900).generator_ns == 0);
}

TEST_CASE("where there are several CPUs nobody is known to have run in the generator's place") {
  pinning pins;
  pins.allowed = {0, 1};
  pins.worker_cpus = GENERATE(std::vector<int>{}, std::vector{0, 1}, std::vector{1});
  pins.generator_cpus = GENERATE(std::vector<int>{}, std::vector{0, 1});
  scene of(pins);
  window_use use;
  use.cpu.total_ns = 1'000;
  use.host.softirqd_ns = {{0, 100}, {1, 100}};
  CHECK(of.probe.away(0, 1, use, 900).generator_ns == 900);
}

TEST_CASE("a worker with several CPUs is not known to have run on the generator's") {
  pinning pins = pinned(0, 1);
  pins.worker_cpus = {0, 1};
  scene of(pins);
  window_use use;
  use.cpu.total_ns = 1'000;
  CHECK(of.probe.away(0, 1, use, 900).generator_ns == 900);
}

TEST_CASE("a generator's stop counts, whatever ran meanwhile on its CPU") {
  const pinning pins = pinned(0, 0);
  child_process worker("worker", {"sleep", {"sleep", "60"}}, {});
  child_process generator("generator", {"sleep", {"sleep", "60"}}, {});
  const worker_counters counters{false};
  window_probe probe(pins, worker, {&generator}, counters);
  probe.begin();
  ::kill(generator.pid(), SIGSTOP);
  rest_ms(10);
  generator.look_for_stops();
  rest_ms(30);
  window_use use;
  use.cpu.total_ns = ns_per_s;
  CHECK(probe.away(0, 1, use, 0).generator_ns.value() >= 30 * ns_per_ms);
  CHECK_FALSE(probe.away(0, 1, use).generator_ns);  // it had no work
}

TEST_CASE("what was used in a window is kept, with what ksoftirqd did on the worker's CPUs") {
  window_use use;
  use.cpu.total_ns = 5;
  use.host.softirqd_ns = {{0, 100}, {1, 30}};
  use.counts = work_counts{.allocations = 3, .system_calls = {}};
  outcome out;
  keep(use, pinned(1, 0), out);
  CHECK(out.cpu->total_ns == 5);
  CHECK(out.counts->allocations == 3);
  CHECK(out.softirqd_ns == 30);
  keep(use, pinned(7, 0), out);
  CHECK_FALSE(out.softirqd_ns);
}
