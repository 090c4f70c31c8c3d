// Will it fit? On planted readings and planted budgets; and merging what several generators say.
#include "harness/conductor/prepare/memory_forecast.hpp"
#include "harness/conductor/prepare/preflight.hpp"
#include "harness/conductor/processes/load_generators.hpp"
#include "harness/conductor/runs/memory_steps.hpp"
#include "harness/measure/distribution.hpp"
#include "tests/catch.hpp"
#include "tests/cells.hpp"
#include "workloads/c10k/sharded.hpp"

using namespace skein;
using namespace skein::conductor;
using skein::test::contains;

namespace {

constexpr std::int64_t mib = 1024 * 1024;

measure::memory_point reading(std::int64_t tasks, std::int64_t bytes) {
  measure::memory_point point;
  point.tasks = tasks;
  point.rss_anon_bytes = bytes;
  return point;
}

/// 1 MiB fixed, 1,000 bytes a task.
std::vector<measure::memory_point> quarter_of(std::int64_t total) {
  return {reading(0, mib), reading(total / 4, mib + total / 4 * 1'000)};
}

cell sleepers(std::string style, std::int64_t tasks) {
  cell asked;
  asked.of = timers::cell{};
  asked.runtime = "fiber";
  asked.style = std::move(style);
  test::sleeping(asked).tasks = tasks;
  return asked;
}

protocol::load_report report_of(std::uint64_t units, const char* checksum, const char* expected,
                                time_ns latency_ns) {
  histogram times;
  for (std::uint64_t i = 0; i < units; ++i) times.record(latency_ns);
  protocol::load_report report;
  const auto done = static_cast<std::int64_t>(units);
  report.work = {done, 64 * done, checksum, expected};
  report.load.errors.read = 1;
  report.load.away_ns = 70;
  report.window.duration_ns = 500;
  report.service_time = measure::distribution_of(times);
  return report;
}

}  // namespace

TEST_CASE("more tasks than the slope leaves memory for are a limit named memory") {
  const auto obstacle = memory_obstacle(quarter_of(1'000'000), 1'000'000, {500 * mib, {}}, {});
  REQUIRE(obstacle);
  CHECK(obstacle->name == "memory");
  CHECK(obstacle->needed == 1'000'000'000);
  // What is left, and what the quarter has already.
  CHECK(obstacle->value == 500 * mib + 250'000'000);
  CHECK_THAT(obstacle->message, contains("1000000 tasks at 1000 bytes each, as 250000 of them"));
}

TEST_CASE("tasks that fit by their slope are no limit") {
  CHECK(!memory_obstacle(quarter_of(1'000'000), 1'000'000, {800 * mib, {}}, {}));
}

TEST_CASE("our own ceiling holds for the whole run, whatever the machine has") {
  const memory_bounds bounds{100'000 * mib, 900'000'000};
  const auto obstacle = memory_obstacle(quarter_of(1'000'000), 1'000'000, bounds, {});
  REQUIRE(obstacle);
  CHECK(obstacle->value == 900'000'000);
}

TEST_CASE(
    "the slabs of the whole machine grow and shrink without the cell, which no forecast follows") {
  // 2,000 coroutines of 128 bytes, of 200,000; others came and went meanwhile.
  const std::int64_t drift = GENERATE(-4 * mib, -60'000, 0, 60'000, 4 * mib, 400 * mib);
  INFO(drift);
  std::vector<measure::memory_point> points{reading(0, mib), reading(2'000, mib + 256'000)};
  for (auto& point : points) {
    point.kernel_stack_bytes = 16'384;
    point.page_table_bytes = 40'960;
    point.slab = {{"dentry", 50 * mib}};
  }
  points.back().page_table_bytes = 40'960 + 4'096;
  points.back().slab = {{"dentry", 50 * mib + drift}};
  const auto obstacle = memory_obstacle(points, 200'000, {{}, 16 * mib}, {});
  REQUIRE(obstacle);
  CHECK(obstacle->needed == 256'000 * 100 + 409'600);
  CHECK(!memory_obstacle(points, 200'000, {{}, 26 * mib}, {}));
}

TEST_CASE("slabs that grow beyond what others may cause are the cell's") {
  // Connections: 8 bytes of user memory each, and 8,000 of the kernel's in slabs.
  std::vector<measure::memory_point> points{reading(0, mib), reading(10'000, mib + 80'000)};
  for (auto& point : points) point.kernel_stack_bytes = point.page_table_bytes = 4'096;
  points.front().slab = {{"TCP", mib}};
  points.back().slab = {{"TCP", mib + 80'000'000}};
  const auto obstacle = memory_obstacle(points, 100'000, {600 * mib, {}}, {0, 16'384});
  REQUIRE(obstacle);
  const std::int64_t grown = 80'000 + 80'000'000 - slab_drift_bytes;
  CHECK(obstacle->needed == grown * 10);
  CHECK(obstacle->value == 600 * mib + grown);
}

TEST_CASE(
    "what a task is known to take of slabs is forecast, whatever they seem to have grown by") {
  std::vector<measure::memory_point> points{reading(0, mib), reading(100, mib + 400'000)};
  for (auto& point : points) point.slab = {{"TCP", mib}};
  const slab_bounds of_one{8'000, 16'000};
  const auto obstacle = memory_obstacle(points, 10'000, {{}, 100'000'000}, of_one);
  REQUIRE(obstacle);
  CHECK(obstacle->needed == 120'000'000);
  points.back().slab = {{"TCP", mib + slab_drift_bytes + 900'000}};  // 9,000 each are seen
  CHECK(memory_obstacle(points, 10'000, {{}, 100'000'000}, of_one)->needed == 130'000'000);
  points.back().slab = {{"TCP", 400 * mib}};  // others': no connection takes 4 MB
  CHECK(memory_obstacle(points, 10'000, {{}, 100'000'000}, of_one)->needed == 200'000'000);
}

TEST_CASE("connections and threads are known to take slabs, other tasks are not") {
  cell asked = sleepers("coroutine", 10);
  const auto of_one = [&] { return slab_bounds_of(asked, false); };
  CHECK(of_one().most == 0);
  CHECK(slab_bounds_of(asked, true).least == 0);
  CHECK(slab_bounds_of(asked, true).most == 16'384);
  asked.runtime = "thread";
  CHECK(of_one().least == 3'000);
  asked.of = c10k::cell{};
  test::served(asked).connections = 10;
  CHECK(of_one().least == 11'000);
  asked.runtime = "coroutine";
  CHECK(of_one().least == 8'000);
}

TEST_CASE("a reading in which the kernel's part is missing leaves it out of all") {
  std::vector<measure::memory_point> points = quarter_of(1'000'000);
  points.front().kernel_stack_bytes = points.front().page_table_bytes = 4'096;
  CHECK(memory_obstacle(points, 1'000'000, {500 * mib, {}}, {})->needed == 1'000'000'000);
  points.back().slab = {{"TCP", 500 * mib}};
  CHECK(memory_obstacle(points, 1'000'000, {500 * mib, {}}, {0, 16'384})->needed == 1'000'000'000);
}

TEST_CASE("one reading, a falling line and an unknown budget say nothing") {
  CHECK(!memory_obstacle({reading(0, mib)}, 1'000'000, {1, {}}, {}));
  CHECK(!memory_obstacle({reading(0, mib), reading(10, mib - 4096)}, 1'000'000, {1, {}}, {}));
  CHECK(!memory_obstacle(quarter_of(1'000'000), 1'000'000, {{}, {}}, {}));
}

TEST_CASE("where a quarter of the tasks might not fit a few are tried first") {
  // 12 KiB at most for a task with a stack.
  const auto ramp = first_ramp(sleepers("direct", 1'000'000), false, {1'024 * mib, {}});
  REQUIRE(ramp);
  CHECK(*ramp == 1'024 * mib / (12 * 1024) / 8);
  CHECK(memory_steps(1'000'000, ramp) ==
        std::vector<std::int64_t>{*ramp, 250'000, 500'000, 1'000'000});
}

TEST_CASE("where a quarter fits in any case there is no ramp") {
  CHECK(!first_ramp(sleepers("direct", 1'000'000), false, {8'192 * mib, {}}));
  CHECK(!first_ramp(sleepers("coroutine", 1'000'000), false, {1'024 * mib, {}}));
  CHECK(!first_ramp(sleepers("direct", 1'000'000), false, {{}, {}}));
}

TEST_CASE("a foreign worker's tasks are believed to be larger") {
  CHECK(first_ramp(sleepers("coroutine", 1'000'000), true, {1'024 * mib, {}}));
}

TEST_CASE("a ceiling below the least that is known of the style is a limit before the start") {
  const auto obstacle = first_obstacle(sleepers("direct", 1'000'000), 20'000, 64 * mib);
  REQUIRE(obstacle);
  CHECK(obstacle->name == "memory");
  CHECK(obstacle->value == 64 * mib);
  CHECK(obstacle->needed == 4'096'000'000);
}

TEST_CASE("three pipes to each child are descriptors that the conductor needs") {
  cell asked;
  asked.of = c10k::cell{};
  test::served(asked).connections = 64;
  test::served(asked).loops = 64;
  CHECK(needs_of(asked).descriptors == 3 * 65 + 64);
  test::served(asked).connections = 64 * 1000;
  CHECK(needs_of(asked).descriptors == 1000 + 64);
}

TEST_CASE("a few connections need no more client addresses than they are") {
  cell asked;
  asked.of = c10k::cell{};
  test::served(asked).connections = 3;
  CHECK(needs_of(asked).client_addresses == 3);
  test::served(asked).connections = 3'000;
  CHECK(needs_of(asked).client_addresses == 8);
  cell timers;
  timers.of = timers::cell{};
  test::sleeping(timers).tasks = 3;
  CHECK(needs_of(timers).client_addresses == 0);
}

TEST_CASE("as few loops as hold the connections, each with 64 descriptors for itself") {
  CHECK(loops_for(100'000, 20'000) == 6);
  CHECK(loops_for(19'936, 20'000) == 1);
  CHECK(loops_for(19'937, 20'000) == 2);
  CHECK(loops_for(100'000, std::nullopt) == 1);
}

TEST_CASE("descriptors and ports are needed for each loop, memory and files for all connections") {
  cell asked;
  asked.of = c10k::cell{};
  test::served(asked).connections = 100'000;
  test::served(asked).loops = 6;
  const auto needs = needs_of(asked);
  CHECK(needs.descriptors == 16'667 + 64);
  CHECK(needs.client_ports == (16'667 + 7) / 8);
  CHECK(needs.files == 200'064);
  CHECK(needs.memory_bytes >= 100'000 * 8'000);
}

TEST_CASE("churn needs descriptors for connections whose predecessors have not left yet") {
  cell asked;
  asked.of = c10k::cell{};
  test::served(asked).connections = 1'000;
  test::served(asked).active = 300;
  CHECK(needs_of(asked).descriptors == 1'000 + 64);
  test::served(asked).mode = c10k::mode::churn;
  CHECK(needs_of(asked).descriptors == 1'300 + 64);
}

TEST_CASE("parts differ by one at most, add up, and never shrink") {
  for (const std::size_t parts : {1U, 3U, 7U}) {
    for (std::size_t total = 0; total < 50; ++total) {
      std::size_t sum = 0;
      for (std::size_t i = 0; i < parts; ++i) {
        const std::size_t part = c10k::part_of(total, parts, i);
        CHECK(part <= c10k::part_of(total + 1, parts, i));
        CHECK(part - total / parts <= 1);
        sum += part;
      }
      CHECK(sum == total);
    }
  }
}

TEST_CASE("what several generators exchanged is added, and their times are merged") {
  exchange_outcome sum;
  add_report(sum, report_of(3, "fffffffffffffffe", "ffffffffffffffff", 1'000));
  add_report(sum, report_of(1, "0000000000000003", "0000000000000007", 9'000));
  CHECK(sum.units == 4);
  CHECK(sum.bytes == 256);
  CHECK(sum.checksum == 1);  // modulo 2^64
  CHECK(sum.expected_checksum == 6);
  CHECK(sum.errors == 2);
  CHECK(sum.duration_ns == 1'000);
  CHECK(sum.kept_ns == 140);
  REQUIRE(sum.latency);
  CHECK(sum.latency->count == 4);
  CHECK(sum.latency->p50 == 1'000);
  CHECK(sum.latency->max == 9'000);
}

TEST_CASE("a report whose checksum is none is refused") {
  exchange_outcome sum;
  CHECK_THROWS(add_report(sum, report_of(1, "what", "0000000000000001", 1)));
}
