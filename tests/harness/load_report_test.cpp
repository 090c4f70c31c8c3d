// A load's report between its two ends: nothing is dropped, nothing is believed unread.
#include "harness/protocol/load_report.hpp"

#include <string>
#include <vector>

#include "harness/conductor/processes/load_generators.hpp"
#include "harness/conductor/processes/worker_steps.hpp"
#include "tests/catch.hpp"

using namespace skein;
using namespace skein::conductor;
using skein::test::contains;

namespace {

/// A report in which everything is there.
json full_report() {
  protocol::load_report report;
  report.load.arrival = protocol::arrival_kind::uniform;
  report.latency.slices.resize(2);
  return measure::to_json(report);
}

protocol::load_report read(const json& report) {
  return measure::from_json<protocol::load_report>(report, "");
}

/// Every field of an object and of what is in it, as "load.errors.read" and
/// "latency.slices[0].p50", with where it is.
struct place {
  json::json_pointer object;
  std::string field;
  std::string path;
};

void add_places(const json& object, const json::json_pointer& at, const std::string& prefix,
                std::vector<place>& found) {
  for (const auto& [name, value] : object.items()) {
    const std::string path = prefix + name;
    found.push_back({at, name, path});
    if (value.is_object()) add_places(value, at / name, path + ".", found);
    if (!value.is_array()) continue;
    for (std::size_t i = 0; i < value.size(); ++i) {
      add_places(value[i], at / name / i, path + "[" + std::to_string(i) + "].", found);
    }
  }
}

std::vector<place> places() {
  std::vector<place> found;
  add_places(full_report(), json::json_pointer(), "", found);
  REQUIRE(found.size() > 60);
  return found;
}

/// A child that sends these lines, each when it has been asked for something or at once.
struct scene {
  explicit scene(const char* name, const json& line)
      : child(name, {"sh", {"sh", "-c", "printf '%s\\n' '" + line.dump() + "'; sleep 20"}}, {}) {
    talk.add(child);
  }

  template <typename Do>
  cell_ended failure_of(Do call) {
    try {
      call(talk, child);
    } catch (const cell_ended& ended) {
      return ended;
    }
    FAIL("the message was believed");
    throw std::logic_error("unreachable");
  }

  interrupts signals;
  conversation talk{signals, monotonic_clock::now_ns() + 60 * ns_per_s};
  child_process child;
};

json stats() {
  return {{"type", "stats"},
          {"units", 1},
          {"bytes", 0},
          {"checksum", "a"},
          {"errors", 0},
          {"live_tasks", 0},
          {"live_connections", 0},
          {"lateness", measure::to_json(measure::distribution())}};
}

}  // namespace

TEST_CASE("a report comes back as it was sent") {
  CHECK(measure::to_json(read(full_report())) == full_report());
}

TEST_CASE("a report without one of its fields is refused, and the field is named") {
  for (const place& each : places()) {
    INFO(each.path);
    json report = full_report();
    report[each.object].erase(each.field);
    CHECK_THROWS_WITH(read(report), each.path + " is missing");
  }
}

TEST_CASE("a report with a field of another kind is refused, and the field is named") {
  for (const place& each : places()) {
    INFO(each.path);
    json report = full_report();
    json& value = report[each.object][each.field];
    value = value.is_object() ? json("text") : json{{"an", "object"}};
    CHECK_THROWS_WITH(read(report), contains(each.path + " "));
  }
}

TEST_CASE("a report with a field that nobody knows is refused, wherever it is") {
  for (const place& each : places()) {
    INFO(each.path);
    json report = full_report();
    report[each.object]["surprise"] = 1;
    const std::string prefix = each.path.substr(0, each.path.size() - each.field.size());
    CHECK_THROWS_WITH(read(report), prefix + "surprise is not known");
  }
}

TEST_CASE("a run whose generator reports what nobody knows has failed, and says what it was") {
  json message = {{"type", "result"}};
  message.update(full_report());
  scene good("generator", message);
  CHECK(expect_report(good.talk, good.child).latency.slices.size() == 2);
  message["load"]["surprise"] = 1;
  scene bad("generator", message);
  const cell_ended ended =
      bad.failure_of([](auto& talk, auto& child) { expect_report(talk, child); });
  CHECK(ended.how() == status::failed);
  CHECK(std::string(ended.what()) ==
        "the generator sent a message in which load.surprise is not known");
  CHECK(ended.failure->process == "generator");
}

TEST_CASE("a worker's lateness is a whole histogram or none") {
  const auto ask = [](auto& talk, auto& child) { return ask_counts(talk, child, soon()); };
  scene good("worker", stats());
  CHECK(ask(good.talk, good.child).lateness->count == 0);
  json message = stats();
  message["lateness"] = nullptr;
  scene none("worker", message);
  CHECK(!ask(none.talk, none.child).lateness);
  message = stats();
  message["lateness"]["p95"] = 5;
  scene more("worker", message);
  CHECK_THAT(more.failure_of(ask).what(), contains("in which lateness.p95 is not known"));
  message = stats();
  message["lateness"].erase("p90");
  scene fewer("worker", message);
  CHECK_THAT(fewer.failure_of(ask).what(), contains("in which lateness.p90 is missing"));
  message = stats();
  message["lateness"]["p50"] = 12.5;
  scene parts("worker", message);
  CHECK_THAT(parts.failure_of(ask).what(), contains("in which lateness.p50 cannot be 12.5"));
}
