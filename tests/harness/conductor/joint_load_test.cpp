// What several load generators report, as one: nothing is lost, and nothing is counted that lies
// outside the window that they have in common.
#include "harness/conductor/processes/joint_load.hpp"

#include <string>
#include <vector>

#include "harness/conductor/judge/validity.hpp"
#include "tests/catch.hpp"
#include "tests/cells.hpp"

using namespace skein;
using namespace skein::conductor;

namespace {

measure::distribution of_values(std::initializer_list<std::int64_t> values) {
  histogram all;
  for (const std::int64_t each : values) all.record(each);
  return measure::distribution_of(all);
}

protocol::load_report report_of(std::uint64_t units, const std::string& checksum) {
  protocol::load_report report;
  report.load.achieved_per_s = static_cast<double>(units);
  report.load.sent = units;
  report.load.completed = units;
  report.load.errors.read = 1;
  report.load.late_ns_p99 = static_cast<time_ns>(units);
  report.work = {static_cast<std::int64_t>(units), 64, checksum, checksum};
  report.window = {units, ns_per_s};
  report.latency = {of_values({100, 200}), {measure::slice{}}};
  report.service_time = of_values({50});
  return report;
}

command_line shell(const std::string& script) {
  return {"sh", {"sh", "-c", script}};
}

time_ns after_ms(int ms) {
  return monotonic_clock::now_ns() + ms * ns_per_ms;
}

/// What a generator says of a load whose warm-up and window take so many seconds.
std::string load_of(const std::string& warmup_s, const std::string& window_s,
                    const std::string& window_ns) {
  return "sleep " + warmup_s + "; echo '{\"type\":\"window_begin\",\"warmup_ns\":7}'; sleep " +
         window_s + "; echo '{\"type\":\"window_end\",\"duration_ns\":" + window_ns +
         "}'; sleep 20";
}

}  // namespace

TEST_CASE("one report stays as it is") {
  const protocol::load_report alone = joined({report_of(10, "a")}, {ns_per_s}, ns_per_s / 2);
  CHECK(alone.window.units == 10);
  CHECK(alone.window.duration_ns == ns_per_s);
  CHECK(alone.latency.slices.size() == 1);
}

TEST_CASE("several reports add up, but for operations outside the common window") {
  const std::vector<protocol::load_report> reports{report_of(1'000, "a"), report_of(2'000, "7")};
  const protocol::load_report both = joined(reports, {ns_per_s, 2 * ns_per_s}, ns_per_s / 2);
  CHECK(both.window.units == 500 + 500);
  CHECK(both.window.duration_ns == ns_per_s / 2);
  CHECK(both.load.achieved_per_s == 3'000.0);
  CHECK_FALSE(both.load.offered_per_s);
  CHECK(both.load.sent == 3'000);
  CHECK(both.load.errors.read == 2);
  CHECK(both.load.errors.connect == 0);
  CHECK(both.load.late_ns_p99 == 2'000);
  CHECK(both.work.units == 3'000);
  CHECK(both.work.checksum == "0000000000000011");
  CHECK(both.work.expected_checksum == "0000000000000011");
  CHECK(both.latency.count == 4);
  CHECK(both.latency.slices.empty());
  CHECK(both.service_time.count == 2);
}

TEST_CASE("the common window lies between the last begin and the first end") {
  const interrupts signals;
  conversation talk(signals, after_ms(60'000));
  child_process early("generator", shell(load_of("0", "0.6", "600000000")), {});
  child_process late("generator", shell(load_of("0.3", "0.6", "600000000")), {});
  talk.add(early);
  talk.add(late);
  joint_load load(talk, {&early, &late});
  load.await_begin();
  load.await_end();
  const time_ns window_ns = load.window_ns();
  CHECK(load.warmup_ns() == 7);
  CHECK(window_ns > 0);
  CHECK(window_ns < 600'000'000);
  CHECK(load.common_fraction() < 0.95);
}

TEST_CASE("windows with too little in common make a run invalid") {
  outcome out;
  out.load.emplace();
  out.operations = out.expected_samples.emplace(1);
  out.common_fraction = 0.95;
  cell asked;
  asked.of = c10k::cell{};
  test::served(asked).mode = c10k::mode::fixed;
  judge(out, asked, {});
  CHECK(out.how == status::ok);
  out.common_fraction = 0.94;
  judge(out, asked, {});
  CHECK(out.how == status::invalid);
  REQUIRE(out.reasons.size() == 1);
  CHECK(out.reasons[0] == "load: the load generators' windows have 94 % in common");
}
