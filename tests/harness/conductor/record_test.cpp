// From an outcome to the line that is written, and to what people see.
#include "harness/conductor/record/record.hpp"

#include <regex>
#include <string>
#include <vector>

#include "harness/conductor/record/summary_table.hpp"
#include "harness/measure/distribution.hpp"
#include "tests/catch.hpp"
#include "tests/cells.hpp"

using namespace skein;
using namespace skein::conductor;

namespace {

run_request request() {
  run_request asked;
  asked.asked.of = timers::cell{};
  asked.asked.runtime = "fiber";
  asked.asked.style = "direct";
  test::sleeping(asked.asked).tasks = 10;
  test::sleeping(asked.asked).pattern = timers::pattern::storm;
  test::sleeping(asked.asked).window_ns = ns_per_s;
  return asked;
}

outcome measured() {
  outcome out;
  out.started_utc = utc_now();
  out.echoed = to_json(request().asked);
  out.work = {10, 0, "a", "a"};
  histogram late;
  for (int i = 0; i < 10; ++i) late.record_signed(1'000'000);
  late.record_signed(-500'000);
  out.lateness = measure::distribution_of(late);
  out.cpu = measure::cpu_usage{};
  out.cpu->total_ns = 10'000;
  out.operations = 10;
  return out;
}

std::vector<std::string> names_of(const json& object) {
  std::vector<std::string> names;
  for (const auto& [name, value] : object.items()) names.push_back(name);
  return names;
}

/// The names of what is not null.
std::vector<std::string> told_in(const json& object) {
  std::vector<std::string> names;
  for (const auto& [name, value] : object.items()) {
    if (!value.is_null()) names.push_back(name);
  }
  return names;
}

const std::vector<std::string> load_names{"model",
                                          "arrival",
                                          "offered_per_s",
                                          "achieved_per_s",
                                          "sent",
                                          "completed",
                                          "errors",
                                          "inflight_max",
                                          "late_50us_fraction",
                                          "late_ns_p99",
                                          "generator_cpu_fraction",
                                          "generator_cpu_per_op_ns",
                                          "generator_busy_fraction",
                                          "handler_step_ns",
                                          "unsent"};

/// A load in which no field is empty.
protocol::load_result full_load() {
  protocol::load_result load;
  load.arrival = protocol::arrival_kind::poisson;
  load.offered_per_s = load.achieved_per_s = load.late_50us_fraction = 0.5;
  load.generator_cpu_fraction = load.generator_cpu_per_op_ns = load.generator_busy_fraction = 0.5;
  load.late_ns_p99 = 1;
  load.handler_step_ns = 1.5;
  load.warmup_note = load.early_end = "why";
  return load;
}

}  // namespace

TEST_CASE("a record says which run of which session it is") {
  run_request asked = request();
  asked.run_meta = {{"arm", "base"}, {"block", 3}, {"pair", 4}, {"position", 1}};
  const json record = run_record(asked, measured(), "session");
  CHECK(record.at("kind") == "run");
  CHECK(record.at("schema") == 1);
  CHECK(record.at("session_id") == "session");
  CHECK(record.at("cell_id") == "timers/fiber/10/storm/1s");
  CHECK(record.at("arm") == "base");
  CHECK(record.at("block") == 3);
  CHECK(record.at("pair") == 4);
  CHECK(record.at("status") == "ok");
  CHECK(record.at("run_id") != run_record(asked, measured(), "session").at("run_id"));
}

TEST_CASE("how often a worker was asked is recorded where it was counted") {
  outcome out = measured();
  CHECK_FALSE(run_record(request(), out, "s").contains("messages"));
  out.messages = 12;
  CHECK(run_record(request(), out, "s").at("messages") == 12);
}

TEST_CASE("what was not measured is null, not zero") {
  const json record = run_record(request(), measured(), "s");
  for (const char* name : {"setup_ns", "load", "latency", "memory", "host", "limit", "failure"}) {
    INFO(name);
    CHECK(record.at(name).is_null());
  }
}

TEST_CASE("each distribution is recorded as what it is of") {
  outcome out = measured();
  out.latency.emplace().p50 = 3;
  out.latency->slices.emplace_back().p99 = 4;
  out.service_time.emplace().p50 = 2;
  out.lateness->p50 = 1;
  const json record = run_record(request(), out, "s");
  CHECK(record.at("latency").at("p50") == 3);
  CHECK(record.at("latency").at("slices").at(0).at("p99") == 4);
  CHECK(record.at("service_time").at("p50") == 2);
  CHECK(record.at("lateness").at("p50") == 1);
  CHECK_FALSE(record.at("service_time").contains("slices"));
}

TEST_CASE("a failed run has a failure and no times") {
  outcome out = measured();
  failure_fact fact;
  fact.process = "worker";
  fact.signal = 11;
  fact.stderr_lines = {"last words"};
  fact.message = "it crashed";
  out.end(cell_ended(status::failed, fact));
  const json record = run_record(request(), out, "s");
  CHECK(record.at("status") == "failed");
  CHECK(record.at("reasons").at(0) == "it crashed");
  CHECK(record.at("failure").at("signal") == "SIGSEGV");
  CHECK(record.at("failure").at("stderr").at(0) == "last words");
  CHECK(record.at("lateness").is_null());
  CHECK(record.at("cpu").is_null());
}

TEST_CASE("a load's record says what its rate was a share of, and nothing when it was not") {
  outcome out = measured();
  out.load.emplace().generator_cpu_per_op_ns = 4'000.0;
  run_request asked = request();
  json load = run_record(asked, out, "s").at("load");
  CHECK(load.at("generator_cpu_per_op_ns") == 4'000.0);
  CHECK_FALSE(load.contains("rate_share"));
  asked.rate_share = 0.6;
  asked.rate_baseline = "epoll_floor";
  out.saturation_per_s = 200'000;
  load = run_record(asked, out, "s").at("load");
  CHECK(load.at("rate_share") == 0.6);
  CHECK(load.at("saturation_per_s") == 200'000);
  CHECK(load.at("rate_baseline") == "epoll_floor");
}

TEST_CASE("a record has every figure of a load, but what is only there to judge it") {
  outcome out = measured();
  out.load = full_load();
  const json load = run_record(request(), out, "s").at("load");
  CHECK(names_of(load) == load_names);
  CHECK(told_in(load) == load_names);
  CHECK(names_of(load.at("errors")) ==
        std::vector<std::string>{"connect", "read", "write", "timeout", "descriptors"});
}

TEST_CASE("a counted load has what was asked and counted, and nothing that took time") {
  run_request asked = request();
  asked.counted = true;
  outcome out = measured();
  out.load = full_load();
  const json load = run_record(asked, out, "s").at("load");
  CHECK(names_of(load) == load_names);
  CHECK(told_in(load) == std::vector<std::string>{"model", "arrival", "offered_per_s", "sent",
                                                  "completed", "errors", "unsent"});
}

TEST_CASE("connections that were only held have a load of model idle with nothing in it") {
  run_request asked = request();
  asked.asked.of = c10k::cell{.mode = c10k::mode::idle};
  outcome out = measured();
  const json load = run_record(asked, out, "s").at("load");
  CHECK(names_of(load) == load_names);
  CHECK(told_in(load) == std::vector<std::string>{"model"});
  CHECK(load.at("model") == "idle");
  out.work.reset();  // it ended before
  CHECK(run_record(asked, out, "s").at("load").is_null());
}

TEST_CASE("an exchange is recorded whole, and without its times in a counted run") {
  run_request asked = request();
  outcome out = measured();
  CHECK_FALSE(run_record(asked, out, "s").contains("exchange"));
  out.exchange = {.in_flight = 3, .duration_ns = 9, .cpu_per_op_ns = 2, .latency = {}, .away = {}};
  out.exchange->away.worker_ns = 7;
  json exchange = run_record(asked, out, "s").at("exchange");
  CHECK(names_of(exchange) ==
        std::vector<std::string>{"in_flight", "duration_ns", "cpu_per_op_ns", "latency", "away"});
  CHECK(exchange.at("duration_ns") == 9);
  CHECK(exchange.at("latency").at("count") == 0);
  CHECK(exchange.at("away") ==
        json{{"worker_ns", 7}, {"generator_ns", nullptr}, {"conductor_ns", nullptr}});
  asked.counted = true;
  exchange = run_record(asked, out, "s").at("exchange");
  for (const char* time : {"duration_ns", "cpu_per_op_ns", "latency"}) {
    CHECK(exchange.at(time).is_null());
  }
  CHECK(exchange.at("in_flight") == 3);
  CHECK(exchange.at("away").at("worker_ns") == 7);
}

TEST_CASE("a record has the time that each party was away, and a run without a window none") {
  outcome out = measured();
  CHECK_FALSE(run_record(request(), out, "s").contains("away"));
  out.away = absence{.window_ns = 9, .worker_ns = 1, .generator_ns = {}, .conductor_ns = 3};
  const json away = run_record(request(), out, "s").at("away");
  CHECK(away == json{{"worker_ns", 1}, {"generator_ns", nullptr}, {"conductor_ns", 3}});
}

TEST_CASE("a record of timers says by how much the worker may be early") {
  outcome out = measured();
  CHECK(run_record(request(), out, "s").at("early_by_at_most_ns") == 0);
  out.early_by_at_most_ns = 999'000;
  CHECK(run_record(request(), out, "s").at("early_by_at_most_ns") == 999'000);
  run_request echo = request();
  echo.asked.of = c10k::cell{};
  CHECK_FALSE(run_record(echo, out, "s").contains("early_by_at_most_ns"));
}

TEST_CASE("a limit has its name, value and need") {
  outcome out;
  out.end(cell_ended(limit_fact{"RLIMIT_NOFILE", 20'000, 100'016, "too low"}));
  const json record = run_record(request(), out, "s");
  CHECK(record.at("status") == "limit");
  CHECK(record.at("limit").at("needed") == 100'016);
}

TEST_CASE("a counted run has counts per operation and no time at all") {
  run_request asked = request();
  asked.counted = true;
  outcome out = measured();
  out.cpu->user_ns = 4'000;
  out.cpu->run_delay_ns = 3;
  out.cpu->minor_faults = 7;
  out.fire_ns = 5;
  out.counts = work_counts{.allocations = 5, .system_calls = 25};
  out.load.emplace().achieved_per_s = 1.0;
  out.load->completed = 10;
  const json record = run_record(asked, out, "s");
  CHECK(record.at("counted") == true);
  CHECK(record.at("status") == "ok");
  CHECK(record.at("cpu").at("syscalls_per_op") == 2.5);
  CHECK(record.at("cpu").at("allocations_per_op") == 0.5);
  CHECK(record.at("cpu").at("minor_faults") == 7);
  for (const char* name : {"per_op_ns", "user_per_op_ns", "user_ns", "system_ns", "run_delay_ns"}) {
    INFO(name);
    CHECK(record.at("cpu").at(name).is_null());
  }
  for (const char* name : {"latency", "service_time", "lateness", "fire_ns", "spawn_ns"}) {
    INFO(name);
    CHECK(record.at(name).is_null());
  }
  CHECK(record.at("load").at("achieved_per_s").is_null());
  CHECK(record.at("load").at("completed") == 10);
  const std::string text = summary_table(record, false);
  CHECK_THAT(text, test::contains("2.50 system calls, 0.50 allocations"));
}

TEST_CASE("the CPU figures of a counted run are those that are no time") {
  run_request asked = request();
  outcome out = measured();
  measure::cpu_usage& cpu = *out.cpu;
  cpu.user_ns = cpu.system_ns = cpu.run_delay_ns = 5'000;
  cpu.voluntary_switches = cpu.involuntary_switches = cpu.minor_faults = cpu.major_faults = 7;
  cpu.ticks = measure::user_ticks_min;
  cpu.threads_max = 3;
  out.softirqd_ns = 20;
  CHECK(told_in(run_record(asked, out, "s").at("cpu")) ==
        std::vector<std::string>{"user_ns", "system_ns", "per_op_ns", "user_per_op_ns", "ticks",
                                 "run_delay_ns", "voluntary_switches", "involuntary_switches",
                                 "minor_faults", "major_faults", "threads_max",
                                 "softirqd_per_op_ns"});
  asked.counted = true;
  CHECK(told_in(run_record(asked, out, "s").at("cpu")) ==
        std::vector<std::string>{"voluntary_switches", "involuntary_switches", "minor_faults",
                                 "major_faults", "threads_max"});
}

TEST_CASE("a counted run tells neither how long it spawned nor how long it fired") {
  run_request asked = request();
  outcome out = measured();
  out.spawn_ns = 6;
  out.fire_ns = 5;
  CHECK(run_record(asked, out, "s").at("spawn_ns") == 6);
  CHECK(run_record(asked, out, "s").at("fire_ns") == 5);
  asked.counted = true;
  CHECK(run_record(asked, out, "s").at("spawn_ns").is_null());
  CHECK(run_record(asked, out, "s").at("fire_ns").is_null());
}

TEST_CASE("what could not be counted is null, and a run that is not counted says nothing of it") {
  run_request asked = request();
  CHECK_FALSE(run_record(asked, measured(), "s").contains("counted"));
  CHECK_FALSE(run_record(asked, measured(), "s").at("cpu").contains("syscalls_per_op"));
  asked.counted = true;
  outcome out = measured();
  out.counts = work_counts{.allocations = 5, .system_calls = {}};
  CHECK(run_record(asked, out, "s").at("cpu").at("syscalls_per_op").is_null());
}

TEST_CASE("the table says how much memory was given back") {
  const auto text_with = [](std::int64_t left_bytes) {
    outcome out = measured();
    measure::memory_point empty;
    empty.rss_anon_bytes = 1'000'000;
    measure::memory_point full = empty;
    full.tasks = 10;
    full.rss_anon_bytes = 9'000'000;
    out.memory_points = {empty, full};
    out.memory_extras.after_drain_bytes = left_bytes;
    return summary_table(run_record(request(), out, "s"), false);
  };
  CHECK_THAT(text_with(3'000'000), test::contains("75 % of what user memory grew by"));
  CHECK_THAT(text_with(9'000'000), test::contains("nothing, once all tasks ended"));
  CHECK_THAT(text_with(13'000'000), test::contains("grew by 50 % more"));
}

TEST_CASE("the cost of a timer is by what was done with it, null where that does not tell") {
  outcome out = measured();
  out.spawn_ns = 1'234;
  const json fired = run_record(request(), out, "s").at("timer_costs");
  CHECK(fired.at("spawn_ns_per_task") == 123.4);
  CHECK(fired.at("cpu_ns_per_fire") == 1'000.0);
  CHECK(fired.at("cpu_ns_per_arm_cancel").is_null());
  run_request churn = request();
  test::sleeping(churn.asked).pattern = timers::pattern::churn;
  const json churned = run_record(churn, out, "s").at("timer_costs");
  CHECK(churned.at("cpu_ns_per_fire").is_null());
  CHECK(churned.at("cpu_ns_per_arm_cancel") == 1'000.0);
  CHECK_THAT(summary_table(run_record(churn, out, "s"), false),
             test::contains("spawn 123 ns, arm and cancel 1.0 us"));
  run_request echo = request();
  echo.asked.of = c10k::cell{};
  CHECK(run_record(echo, out, "s").at("timer_costs").is_null());
}

TEST_CASE("the time of a unit is the window's, for work that no deadline holds up") {
  outcome out = measured();
  out.window_ns = 4'000;
  out.operations = 10;
  CHECK(run_record(request(), out, "s").at("timer_costs").at("wall_per_op_ns").is_null());
  run_request relay = request();
  relay.asked.of = relay::cell{};
  const json costs = run_record(relay, out, "s").at("timer_costs");
  CHECK(costs.at("wall_per_op_ns") == 400.0);
  CHECK(costs.at("cpu_ns_per_fire").is_null());
}

TEST_CASE("where tasks come from tasks there is a peak for each, and neither slope nor spawning") {
  outcome out = measured();
  out.spawn_ns = 1'234;
  measure::memory_point empty;
  empty.rss_bytes = 1'000'000;
  empty.rss_anon_bytes = 900'000;
  out.memory_points = {empty};
  out.memory_extras.peak_rss_bytes = 1'002'500;
  run_request fanout = request();
  fanout.asked.of = fanout::cell{.tasks = 10};
  const json record = run_record(fanout, out, "s");
  CHECK(record.at("memory").at("peak_bytes_per_task") == 250.0);
  CHECK(record.at("memory").at("per_task").at("user_bytes").is_null());
  CHECK(record.at("timer_costs").at("spawn_ns_per_task").is_null());
  CHECK_FALSE(run_record(request(), out, "s").at("memory").contains("peak_bytes_per_task"));
}

TEST_CASE("what a workload shared out is in its record with least / most, and nowhere else") {
  outcome out = measured();
  CHECK_FALSE(run_record(request(), out, "s").contains("shares"));
  out.shares = {.least = 30, .most = 40};
  CHECK(run_record(request(), out, "s").at("shares") ==
        json{{"least", 30}, {"most", 40}, {"ratio", 0.75}});
  out.shares = {.least = 0, .most = 0};
  CHECK(run_record(request(), out, "s").at("shares").at("ratio").is_null());
}

TEST_CASE("what a hog did is in its record, and how long it took in no counted one") {
  run_request hog = request();
  hog.asked.of = hog::cell{};
  outcome out = measured();
  CHECK_FALSE(run_record(hog, out, "s").contains("hog"));
  out.hog = {.took_ns = 204'700'000, .yields = 1'999};
  CHECK(run_record(hog, out, "s").at("hog") == json{{"took_ns", 204'700'000}, {"yields", 1'999}});
  CHECK(run_record(hog, out, "s").at("timer_costs").at("wall_per_op_ns").is_null());
  hog.counted = true;
  CHECK(run_record(hog, out, "s").at("hog") == json{{"took_ns", nullptr}, {"yields", 1'999}});
}

TEST_CASE("the time of day is in UTC with milliseconds") {
  CHECK(
      std::regex_match(utc_now(), std::regex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3}Z")));
}

TEST_CASE("the table shows status, work, lateness and early fires, with units") {
  const std::string text = summary_table(run_record(request(), measured(), "s"), false);
  CHECK_THAT(text, test::contains("timers/fiber/10/storm/1s: ok"));
  CHECK_THAT(text, test::contains("10 units, 0 bytes, checksum right"));
  CHECK_THAT(text, test::contains("p50 1.00 ms"));
  CHECK_THAT(text, test::contains("1, by up to 500.0 us"));
  CHECK_THAT(text, test::contains("CPU per operation 1.0 us"));
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(summary_table(run_record(request(), measured(), "s"), true).find('\x1b') !=
        std::string::npos);
}
