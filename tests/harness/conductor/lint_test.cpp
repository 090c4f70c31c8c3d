// Contradictions inside a run.
#include "harness/conductor/judge/lint.hpp"

#include <string>
#include <vector>

#include "harness/measure/distribution.hpp"
#include "tests/catch.hpp"
#include "tests/cells.hpp"

using namespace skein;
using namespace skein::conductor;

namespace {

measure::distribution distribution() {
  histogram values;
  for (int i = 1; i <= 1000; ++i) values.record(i * 1000);
  return measure::distribution_of(values, measure::percentile_rule::any());
}

cell timers_cell() {
  cell asked;
  asked.of = timers::cell{};
  asked.runtime = "fiber";
  test::sleeping(asked).tasks = 1000;
  return asked;
}

outcome good_outcome() {
  outcome out;
  out.echoed = to_json(timers_cell());
  out.work = {1000, 0, "a", "a"};
  out.lateness = distribution();
  out.expected_samples = 1000;
  return out;
}

}  // namespace

TEST_CASE("a run without contradictions passes") {
  CHECK(lint(timers_cell(), good_outcome()).empty());
}

TEST_CASE("a reply that comes before its handler has waited is found, as far as timers are exact") {
  cell asked;
  asked.of = c10k::cell{};
  asked.runtime = "fiber";
  test::served(asked).handler_wait_ns = 1000;
  outcome out = good_outcome();
  out.echoed = to_json(asked);
  out.lateness.reset();
  out.service_time = distribution();  // from 1,000 ns on
  CHECK(lint(asked, out).empty());
  test::served(asked).handler_wait_ns = 1001;
  out.echoed = to_json(asked);
  CHECK(lint(asked, out) ==
        std::vector<std::string>{
            "service_time: a reply came after 1000 ns, and a handler waits 1001 ns"});
  out.early_by_at_most_ns = 1;
  CHECK(lint(asked, out).empty());
}

TEST_CASE("percentiles out of order are found") {
  auto values = distribution();
  values.p90 = 1;
  CHECK(lint_distribution("latency", values, 1000).size() == 1);
  values = distribution();
  values.max = *values.p99 - 1;
  CHECK_FALSE(lint_distribution("latency", values, {}).empty());
}

TEST_CASE("each percentile is held against the one below it") {
  using whole = measure::distribution;
  const std::vector<std::string> keys{"min", "p50", "p90", "p99", "p999", "p9999", "max"};
  const std::vector<std::optional<std::int64_t> whole::*> of{
      &whole::min, &whole::p50, &whole::p90, &whole::p99, &whole::p999, &whole::p9999, &whole::max};
  for (std::size_t i = 1; i < keys.size(); ++i) {
    INFO(keys[i]);
    auto values = distribution();
    values.*of[i] = (values.*of[i - 1]).value() - 1;
    values.mean.reset();
    const auto found = lint_distribution("latency", values, 1000);
    REQUIRE(found.size() == 1);
    CHECK_THAT(found[0], test::contains("latency." + keys[i] + " "));
    CHECK_THAT(found[0], test::contains("is below latency." + keys[i - 1] + " "));
    values.*of[i] = values.*of[i - 1];
    CHECK(lint_distribution("latency", values, 1000).empty());
  }
}

TEST_CASE("a mean beyond the extremes is found, and one within a bucket of them is not") {
  auto values = distribution();  // from 1,000 to 1,000,000
  for (const double good : {998.1, 1'000'976.0}) {
    values.mean = good;
    CHECK(lint_distribution("latency", values, 1000).empty());
  }
  for (const double bad : {997.9, 1'000'980.0}) {
    values.mean = bad;
    REQUIRE(lint_distribution("latency", values, 1000).size() == 1);
    CHECK_THAT(lint_distribution("latency", values, 1000)[0],
               test::contains(bad < 1'000 ? "below the minimum" : "above the maximum"));
  }
}

TEST_CASE("every distribution of a run is looked at, with the samples it must have") {
  auto broken = distribution();
  broken.p50 = 1;
  cell echo = timers_cell();
  echo.of = c10k::cell{};
  test::served(echo).connections = 1000;
  outcome out = good_outcome();
  out.echoed = to_json(echo);
  out.lateness.reset();
  CHECK(lint(echo, out).empty());
  const auto look_at = [&](auto place) {
    outcome one = out;
    place(one) = {broken};
    CHECK(lint(echo, one).size() == 1);
    place(one) = {distribution()};
    CHECK(lint(echo, one).empty());
    one.expected_samples = 999;
    CHECK(lint(echo, one).size() == 1);
  };
  look_at([](outcome& of) -> measure::distribution& {
    return of.latency ? *of.latency : of.latency.emplace();
  });
  look_at([](outcome& of) -> auto& { return of.service_time; });
  look_at([](outcome& of) -> auto& { return of.lateness; });
  out.exchange.emplace().latency = distribution();
  CHECK(lint(echo, out).empty());
  test::served(echo).connections = 999;
  out.echoed = to_json(echo);
  REQUIRE(lint(echo, out).size() == 1);
  CHECK_THAT(lint(echo, out)[0], test::contains("exchange.latency holds 1000 samples for 999"));
}

TEST_CASE("counts that differ from the completions or from the payload are found") {
  CHECK(lint_distribution("latency", distribution(), 999).size() == 1);
  auto values = distribution();
  values.count = 999;
  CHECK_FALSE(lint_distribution("latency", values, {}).empty());
  values.histogram = "HISTFgarbage";
  CHECK_FALSE(lint_distribution("latency", values, {}).empty());
}

TEST_CASE("a timer beyond the histogram's range is in no percentile, so there may be none") {
  histogram values;
  for (int i = 1; i <= 9; ++i) values.record(i);
  values.record(histogram::highest_ns + 1);
  outcome out = good_outcome();
  out.lateness = measure::distribution_of(values);
  out.expected_samples = 10;
  const auto found = lint(timers_cell(), out);
  REQUIRE(found.size() == 1);
  CHECK(found[0] == "lateness: 1 beyond 60 s, which are in no percentile");
  CHECK_THROWS_WITH(refuse_contradictions(timers_cell(), out),
                    test::contains("lint: lateness: 1 beyond 60 s"));
  CHECK(lint_distribution("latency", *out.lateness, 10).empty());  // judged, see validity.hpp
}

TEST_CASE("a timer may be as early as the worker says, and not by more") {
  histogram values;
  for (int i = 0; i < 999; ++i) values.record(1'000);
  values.record_signed(-2'000);
  outcome out = good_outcome();
  out.lateness = measure::distribution_of(values);
  CHECK(lint(timers_cell(), out).size() == 1);  // ours may by nothing
  CHECK_THAT(
      lint(timers_cell(), out)[0],
      test::contains("lateness: 1 fired early, by up to 2000 ns, and the worker may by 0 ns"));
  out.early_by_at_most_ns = 1'999;
  CHECK(lint(timers_cell(), out).size() == 1);
  out.early_by_at_most_ns = 2'000;
  CHECK(lint(timers_cell(), out).empty());
}

TEST_CASE("no reply comes before its request, whatever a worker may with timers") {
  histogram values;
  values.record_signed(-1);
  outcome out = good_outcome();
  out.early_by_at_most_ns = 5;
  out.expected_samples = 1;
  out.lateness.reset();
  cell echo = timers_cell();
  echo.of = c10k::cell{};
  out.echoed = to_json(echo);
  outcome intended = out;
  intended.latency = {measure::distribution_of(values), {}};
  outcome actual = out;
  actual.service_time = measure::distribution_of(values);
  for (const outcome& one : {intended, actual}) {
    REQUIRE(lint(echo, one).size() == 1);
    CHECK_THAT(lint(echo, one)[0], test::contains("1 fired early"));
  }
}

TEST_CASE("a wrong checksum, a wrong echo and missing lateness are found, each by itself") {
  const auto only = [](const outcome& out) {
    const auto found = lint(timers_cell(), out);
    return found.size() == 1 ? found[0] : std::to_string(found.size()) + " problems";
  };
  outcome out = good_outcome();
  out.work->checksum = "b";
  CHECK(only(out) == "work: checksum b is not the expected a");
  out = good_outcome();
  out.work.reset();
  CHECK(only(out) == "no work was reported");
  out = good_outcome();
  out.echoed["tasks"] = 999;
  CHECK(only(out) == "tasks: asked 1000, echoed 999");
  out = good_outcome();
  out.lateness.reset();
  CHECK(only(out) == "lateness is missing");
}
