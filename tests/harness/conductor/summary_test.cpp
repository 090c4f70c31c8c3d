// Every number that `skein run` prints, from a record made by hand: no two figures of it are alike,
// so that a line that shows another field, factor or unit than its own shows what is expected
// nowhere.
#include "harness/conductor/record/summary_table.hpp"
#include "tests/catch.hpp"

using namespace skein;
using namespace skein::conductor;
using measure::json;

namespace {

json head() {
  return {{"cell_id", "c10k/fiber/100/open"},
          {"status", "ok"},
          {"reasons", json::array()},
          {"work", nullptr}};
}

json with(const char* name, const json& part) {
  json record = head();
  record[name] = part;
  return record;
}

/// The text of a line, without its label and the blanks between; empty where there is no such line.
std::string line_of(const json& record, const std::string& label) {
  const std::string text = summary_table(record, false);
  const std::string wanted = "\n  " + label + " ";
  const std::size_t at = text.find(wanted);
  if (at == std::string::npos) return "";
  const std::size_t from = text.find_first_not_of(' ', at + wanted.size());
  return text.substr(from, text.find('\n', from) - from);
}

json times(int p50, int p90, int p99, int p999, int max) {
  return {{"min", 3},     {"mean", 5.5},    {"p50", p50}, {"p90", p90}, {"p99", p99},
          {"p999", p999}, {"p9999", 7'007}, {"max", max}, {"count", 11}};
}

json cpu() {
  return {{"per_op_ns", 5'209.4},
          {"user_per_op_ns", 613.6},
          {"user_ns", 1},
          {"system_ns", 2},
          {"run_delay_ns", 4}};
}

json load() {
  return {{"offered_per_s", 20'011.4},
          {"achieved_per_s", 19'907.6},
          {"generator_cpu_per_op_ns", 4'127.0},
          {"late_50us_fraction", 0.0173},
          {"late_ns_p99", 21'350},
          {"generator_cpu_fraction", 0.99},
          {"sent", 8},
          {"completed", 9}};
}

json memory() {
  return {{"per_task",
           {{"user_bytes", 4'133.4},
            {"kernel_bytes", 8'211.6},
            {"total_bytes", 12'346.0},
            {"virtual_bytes", 77'777.0}}},
          {"allocations_per_task", 3.146},
          {"mappings", 2'081},
          {"returned_fraction", 0.374},
          {"fixed_bytes", 99'999},
          {"peak_rss_bytes", 88'888}};
}

}  // namespace

TEST_CASE("work has its units, its bytes and whether it is right") {
  json work = {{"units", 4'001}, {"bytes", 256'064}, {"checksum", "a"}, {"expected_checksum", "a"}};
  CHECK(line_of(with("work", work), "work") == "4001 units, 256064 bytes, checksum right");
  work["expected_checksum"] = "b";
  CHECK(line_of(with("work", work), "work") == "4001 units, 256064 bytes, checksum WRONG");
}

TEST_CASE("a network is named, with its round trip where that is known") {
  json network = {{"name", "lab"}, {"generators", json::array()}};
  CHECK(line_of(with("network", network), "network") == "lab");
  network["generators"].push_back(json::object());
  network["generators"][0]["round_trip_ns"]["p50"] = 213'400;
  CHECK(line_of(with("network", network), "network") == "lab, a round trip takes 213.4 us");
  CHECK(line_of(head(), "network").empty());
}

TEST_CASE("what was shared out is there where a workload says it") {
  CHECK(line_of(with("shares", nullptr), "shares").empty());
  const json shares = {{"least", 3}, {"most", 4}, {"ratio", 0.75}};
  CHECK(line_of(with("shares", shares), "shares") == "most 4, least/most 75.00 %");
}

TEST_CASE("a hog has its time and its yields, where there was one") {
  CHECK(line_of(with("hog", nullptr), "hog").empty());
  const json hog = {{"took_ns", 204'700'000}, {"yields", 1'999}};
  CHECK(line_of(with("hog", hog), "hog") == "took 204.70 ms, 1999 yields");
}

TEST_CASE("throughput is what was achieved, and what was offered where a rate was") {
  json record =
      with("work", {{"units", 1}, {"bytes", 2}, {"checksum", ""}, {"expected_checksum", ""}});
  CHECK(line_of(record, "throughput").empty());
  record["load"] = load();
  CHECK(line_of(record, "throughput") == "19908 per s of 20011 offered");
  record["load"]["offered_per_s"] = nullptr;
  CHECK(line_of(record, "throughput") == "19908 per s");
}

TEST_CASE("each distribution has its own line with its percentiles in order") {
  json record = head();
  record["latency"] = times(43'100, 61'300, 151'300, 1'203'000, 3'307'000);
  record["service_time"] = times(997, 1'013, 12'340, 999'940, 1'000'000);
  record["lateness"] = times(35'300, 51'700, 279'700, 701'100, 2'003'000'000);
  CHECK(line_of(record, "latency") ==
        "p50 43.1 us  p90 61.3 us  p99 151.3 us  p99.9 1.20 ms  max 3.31 ms");
  CHECK(line_of(record, "service time") ==
        "p50 997 ns  p90 1.0 us  p99 12.3 us  p99.9 999.9 us  max 1.00 ms");
  CHECK(line_of(record, "lateness") ==
        "p50 35.3 us  p90 51.7 us  p99 279.7 us  p99.9 701.1 us  max 2.00 s");
}

TEST_CASE("a percentile that has too few samples is a dash and no 0") {
  json few = times(43'100, 61'300, 0, 0, 91'100);
  few["p99"] = few["p999"] = nullptr;
  CHECK(line_of(with("latency", few), "latency") ==
        "p50 43.1 us  p90 61.3 us  p99 -  p99.9 -  max 91.1 us");
}

TEST_CASE("early fires have their number and the most by which one was") {
  json lateness = times(1, 2, 3, 4, 5);
  CHECK(line_of(with("lateness", lateness), "early fires").empty());
  lateness["early_count"] = 0;
  lateness["early_max_ns"] = nullptr;
  CHECK(line_of(with("lateness", lateness), "early fires") == "none");
  lateness["early_count"] = 37;
  lateness["early_max_ns"] = 611'000;
  CHECK(line_of(with("lateness", lateness), "early fires") == "37, by up to 611.0 us");
}

TEST_CASE("CPU time of an operation is divided into user and system, where that is known") {
  json record = with("cpu", cpu());
  CHECK(line_of(record, "CPU per operation") == "5.2 us: user 614 ns, system 4.6 us");
  record["cpu"]["user_per_op_ns"] = nullptr;
  CHECK(line_of(record, "CPU per operation") == "5.2 us: user -, system -");
  record["cpu"]["per_op_ns"] = nullptr;
  CHECK(line_of(record, "CPU per operation").empty());
}

TEST_CASE("a counted run has system calls and allocations of an operation, in that order") {
  json record = with(
      "cpu", {{"per_op_ns", nullptr}, {"syscalls_per_op", 2.127}, {"allocations_per_op", 0.503}});
  CHECK(line_of(record, "per operation") == "2.13 system calls, 0.50 allocations");
  record["cpu"]["allocations_per_op"] = nullptr;
  CHECK(line_of(record, "per operation") == "2.13 system calls, - allocations");
}

TEST_CASE("the load generator says its CPU time, and at a rate its own lateness") {
  json record = with("load", load());
  CHECK(line_of(record, "load generator") ==
        "4.1 us of CPU per operation; late p99 21.4 us, 1.73 % by more than 50 us");
  record["load"]["late_50us_fraction"] = nullptr;
  record["load"]["late_ns_p99"] = nullptr;
  CHECK(line_of(record, "load generator") ==
        "4.1 us of CPU per operation; late p99 -, - by more than 50 us");
  record["load"]["offered_per_s"] = nullptr;
  CHECK(line_of(record, "load generator") == "4.1 us of CPU per operation");
  record["load"]["generator_cpu_per_op_ns"] = nullptr;
  CHECK(line_of(record, "load generator").empty());
}

json of_timers(const json& costs) {
  json record = with("timer_costs", costs);
  record["cell_id"] = "timers/fiber/100/spread";
  return record;
}

TEST_CASE("a timer's costs are of spawning, firing, and arming and cancelling, those there are") {
  json costs = {{"spawn_ns_per_task", 307.4},
                {"cpu_ns_per_fire", 1'409.0},
                {"cpu_ns_per_arm_cancel", 2'719.0}};
  CHECK(line_of(of_timers(costs), "cost of a timer") ==
        "spawn 307 ns, fire 1.4 us, arm and cancel 2.7 us");
  costs["cpu_ns_per_fire"] = nullptr;
  CHECK(line_of(of_timers(costs), "cost of a timer") == "spawn 307 ns, arm and cancel 2.7 us");
}

TEST_CASE("work without deadlines says how long a unit of it took") {
  CHECK(line_of(of_timers({{"wall_per_op_ns", 23.4}}), "time per operation") == "23 ns");
  CHECK(line_of(of_timers({{"wall_per_op_ns", nullptr}}), "time per operation").empty());
}

TEST_CASE("a line names a task as the declaration of the workload does") {
  const json costs = {{"spawn_ns_per_task", 307.4}};
  json record = of_timers(costs);
  record["cell_id"] = "c10k/fiber/100/open";
  CHECK(line_of(record, "cost of a connection") == "spawn 307 ns");
  record["cell_id"] = "unknown/fiber/100";
  CHECK(line_of(record, "cost of a task") == "spawn 307 ns");
}

TEST_CASE("one message each has its time in all, its latency and its CPU time") {
  const json exchange = {{"in_flight", 10},
                         {"duration_ns", 71'300'000},
                         {"cpu_per_op_ns", 8'707},
                         {"latency", times(703'100, 811'000, 1'103'000, 1'207'000, 1'301'000)}};
  CHECK(line_of(with("exchange", exchange), "one message each") ==
        "71.30 ms in all; p50 703.1 us  p99 1.10 ms  max 1.30 ms; 8.7 us of CPU each");
}

TEST_CASE("memory of a task is user, kernel and both") {
  json record = with("memory", memory());
  CHECK(line_of(record, "memory per task") == "user 4133 B, kernel 8212 B, total 12346 B");
  CHECK(line_of(record, "allocations") == "3.15 per task");
  CHECK(line_of(record, "mappings") == "2081 with all tasks there");
  record["memory"]["per_task"]["kernel_bytes"] = nullptr;
  record["memory"]["per_task"]["total_bytes"] = nullptr;
  CHECK(line_of(record, "memory per task") == "user 4133 B, kernel -, total -");
}

TEST_CASE("a line without any figure is left out, and so is one without its main figure") {
  json record = with("memory", memory());
  record["memory"]["per_task"] = {
      {"user_bytes", nullptr}, {"kernel_bytes", nullptr}, {"total_bytes", nullptr}};
  CHECK(line_of(record, "memory per task").empty());
  record["load"] = load();
  record["load"]["generator_cpu_per_op_ns"] = nullptr;
  CHECK(line_of(record, "load generator").empty());
  record["exchange"] = {{"duration_ns", nullptr}, {"cpu_per_op_ns", 8'707}, {"latency", nullptr}};
  CHECK(line_of(record, "one message each").empty());
  record["load"] = {{"offered_per_s", 20'011.4}, {"achieved_per_s", nullptr}};
  CHECK(line_of(record, "throughput").empty());
  record["cpu"] = {{"per_op_ns", nullptr}, {"user_per_op_ns", 613.6}};
  CHECK(line_of(record, "CPU per operation").empty());
}

TEST_CASE("what is not the main figure of a line is a dash where it is not known") {
  json record = with("memory", memory());
  record["memory"]["per_task"]["user_bytes"] = nullptr;
  CHECK(line_of(record, "memory per task") == "user -, kernel 8212 B, total 12346 B");
}

TEST_CASE("lines stand in the order in which they are declared, whatever the record's") {
  json record = with("memory", memory());
  record["cpu"] = cpu();
  record["latency"] = times(43'100, 61'300, 151'300, 1'203'000, 3'307'000);
  const std::string text = summary_table(record, false);
  const auto at = [&](const char* label) { return text.find(std::string("\n  ") + label); };
  CHECK(at("latency") < at("CPU per operation"));
  CHECK(at("CPU per operation") < at("memory per task"));
  CHECK(at("memory per task") < at("given back"));
}

TEST_CASE("memory that was given back is a share, and what was not is none") {
  const auto text = [](double fraction) {
    json part = memory();
    part["returned_fraction"] = fraction;
    return line_of(with("memory", part), "given back");
  };
  CHECK(text(0.374) == "37 % of what user memory grew by, once all tasks ended");
  CHECK(text(0.006) == "1 % of what user memory grew by, once all tasks ended");
  CHECK(text(0.004) == "nothing, once all tasks ended");
  CHECK(text(-0.004) == "nothing, once all tasks ended");
  CHECK(text(-0.5) == "nothing, user memory grew by 50 % more");
}

TEST_CASE("times are in the unit that suits, on both sides of each") {
  const auto text = [](double ns) {
    return line_of(with("cpu", {{"per_op_ns", ns}, {"user_per_op_ns", nullptr}}),
                   "CPU per operation");
  };
  CHECK(text(0.4) == "0 ns: user -, system -");
  CHECK(text(999) == "999 ns: user -, system -");
  CHECK(text(1'000) == "1.0 us: user -, system -");
  CHECK(text(999'900) == "999.9 us: user -, system -");
  CHECK(text(1'000'000) == "1.00 ms: user -, system -");
  CHECK(text(999'990'000) == "999.99 ms: user -, system -");
  CHECK(text(1'000'000'000) == "1.00 s: user -, system -");
}

TEST_CASE("the first line has cell and status, and each reason and last word follows") {
  json record = head();
  record["status"] = "failed";
  record["reasons"] = {"it crashed", "and more"};
  record["failure"] = {{"stderr", {"last", "words"}}};
  CHECK(summary_table(record, false) ==
        "c10k/fiber/100/open: failed\n"
        "  reason            it crashed\n"
        "  reason            and more\n"
        "  stderr            last\n"
        "  stderr            words\n");
}

TEST_CASE("a status has its colour") {
  const auto colour = [](const char* status) {
    json record = head();
    record["status"] = status;
    const std::string text = summary_table(record, true);
    const std::size_t at = text.find('\x1b');
    return text.substr(at + 1, text.find('m', at) - at);
  };
  CHECK(colour("ok") == "[32m");
  CHECK(colour("limit") == "[33m");
  CHECK(colour("invalid") == "[33m");
  CHECK(colour("failed") == "[31m");
  CHECK(colour("timeout") == "[31m");
}
