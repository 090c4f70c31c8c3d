// Contradictions inside a run.
#include "harness/conductor/lint.hpp"
#include "harness/measure/histogram_json.hpp"
#include "tests/catch.hpp"

using namespace skein;
using namespace skein::conductor;

namespace {

json distribution() {
  measure::histogram values;
  for (int i = 1; i <= 1000; ++i) values.record(i * 1000);
  return measure::to_json(values, measure::percentile_rule::any());
}

cell timers_cell() {
  cell asked;
  asked.workload = "timers";
  asked.runtime = "fiber";
  asked.tasks = 1000;
  return asked;
}

outcome good_outcome() {
  outcome out;
  out.echoed = to_json(timers_cell());
  out.work = {{"units", 1000}, {"bytes", 0}, {"checksum", "a"}, {"expected_checksum", "a"}};
  out.lateness = distribution();
  out.expected_samples = 1000;
  return out;
}

}  // namespace

TEST_CASE("a run without contradictions passes") {
  CHECK(lint(timers_cell(), good_outcome()).empty());
}

TEST_CASE("percentiles out of order are found") {
  json values = distribution();
  values["p90"] = 1;
  CHECK(lint_distribution("latency", values, 1000).size() == 1);
  values = distribution();
  values["max"] = values["p99"].get<std::int64_t>() - 1;
  CHECK_FALSE(lint_distribution("latency", values, {}).empty());
}

TEST_CASE("a mean beyond the extremes is found") {
  json values = distribution();
  values["mean"] = 2'000'000.0;
  CHECK(lint_distribution("latency", values, 1000).size() == 1);
}

TEST_CASE("counts that differ from the completions or from the payload are found") {
  CHECK(lint_distribution("latency", distribution(), 999).size() == 1);
  json values = distribution();
  values["count"] = 999;
  CHECK_FALSE(lint_distribution("latency", values, {}).empty());
  values["histogram"] = "HISTFgarbage";
  CHECK_FALSE(lint_distribution("latency", values, {}).empty());
}

TEST_CASE("nothing is found in what is not there") {
  CHECK(lint_distribution("latency", nullptr, 1000).empty());
}

TEST_CASE("a wrong checksum, a wrong echo and missing lateness are found") {
  outcome out = good_outcome();
  out.work["checksum"] = "b";
  out.echoed["tasks"] = 999;
  out.lateness = nullptr;
  CHECK(lint(timers_cell(), out).size() == 3);
  out.work = nullptr;
  CHECK(lint(timers_cell(), out).size() == 3);
}
