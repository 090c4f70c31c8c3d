// The generator against a server that behaves: counts, times and checksums add up in every mode.
#include <chrono>
#include <cmath>
#include <sched.h>
#include <thread>

#include "tests/catch.hpp"
#include "tests/harness/generator/fixture.hpp"

namespace {

using namespace skein;
using namespace skein::test;

void check_clean(const json& result) {
  for (const auto& [kind, count] : result["load"]["errors"].items()) {
    INFO(kind);
    CHECK(count == 0);
  }
  CHECK(result["wrong_bytes"] == 0);
  CHECK(result["work"]["checksum"] == result["work"]["expected_checksum"]);
  CHECK(result["latency"]["count"] == result["load"]["completed"]);
  CHECK(result["service_time"]["count"] == result["load"]["completed"]);
  CHECK(result["load"]["sent"] == result["load"]["completed"]);
}

std::int64_t slice_total(const json& result) {
  std::int64_t total = 0;
  for (const json& slice : result["latency"]["slices"]) total += slice["count"].get<std::int64_t>();
  return total;
}

}  // namespace

TEST_CASE("fixed work ends at the requested number of completions", "[generator]") {
  const int connections = GENERATE(1, 16);
  const int payload_bytes = GENERATE(1, 64, 100'000);
  echo_server server;
  generator_under_test generator;
  generator.open(server.port(), connections, connections, payload_bytes);
  const json result = generator.run(fixed_load(300));
  check_clean(result);
  CHECK(result["window"]["units"] == 300);
  CHECK(result["load"]["model"] == "fixed");
  CHECK(result["load"]["inflight_max"] == connections);
  CHECK(result["load"]["offered_per_s"].is_null());
  CHECK(result["latency"]["p50"] == result["service_time"]["p50"]);
  CHECK(slice_total(result) == result["latency"]["count"]);
  const auto units = result["work"]["units"].get<std::int64_t>();
  CHECK(result["work"]["bytes"] == units * payload_bytes);
  CHECK(server.bytes() == static_cast<std::uint64_t>(units * payload_bytes));
  CHECK(generator.ask({{"type", "stop"}})["type"] == "stopped");
  CHECK(generator.hang_up() == 0);
}

TEST_CASE("fixed work obeys Little's law within 5 %", "[generator]") {
  echo_server server;
  generator_under_test generator;
  generator.open(server.port(), 16, 16, 64);
  double in_flight = 0;
  // A generator that loses its CPU between a reply and the next request has fewer in flight.
  for (int attempt = 0; attempt < 5 && !near(in_flight, 16, 0.05); ++attempt) {
    const json result = generator.run(fixed_load(20'000));
    const auto throughput_per_ns = result["load"]["achieved_per_s"].get<double>() / 1e9;
    in_flight = throughput_per_ns * result["latency"]["mean"].get<double>();
  }
  CHECK(near(in_flight, 16, 0.05));
}

TEST_CASE("fixed work with a pipeline sends so many in a row, and the next when all have replies",
          "[generator]") {
  echo_server server;
  generator_under_test generator;
  generator.open(server.port(), 3, 2, 64);
  json load = fixed_load(200);
  load["pipeline"] = 4;
  const json result = generator.run(load);
  check_clean(result);
  CHECK(result["load"]["inflight_max"] == 2 * 4);
  CHECK(result["window"]["units"] == 200);
  // Whole rows on both connections, so neither ends on a part of one.
  CHECK(result["work"]["units"].get<int>() % 4 == 0);
  CHECK(result["work"]["checksum"] == result["work"]["expected_checksum"]);
}

TEST_CASE("fixed work without a number of requests ends with its duration", "[generator]") {
  echo_server server;
  generator_under_test generator;
  generator.open(server.port(), 4, 2, 64);
  json load = fixed_load(1);
  load["requests"] = nullptr;
  load["duration_ns"] = 600 * ns_per_ms;
  const json result = generator.run(load);
  check_clean(result);
  CHECK(result["window"]["duration_ns"] >= 600 * ns_per_ms);
  CHECK(result["latency"]["slices"].size() == 3);
  CHECK(slice_total(result) == result["latency"]["count"]);
}

TEST_CASE("an open loop sends its whole schedule", "[generator]") {
  const std::string arrival = GENERATE("poisson", "uniform");
  const int connections = GENERATE(1, 16);
  echo_server server;
  generator_under_test generator;
  generator.open(server.port(), connections, connections, 64);
  json load = open_load(2000, 400 * ns_per_ms);
  load["arrival"] = arrival;
  const json result = generator.run(load);
  check_clean(result);
  CHECK(result["load"]["model"] == "open");
  CHECK(result["load"]["arrival"] == arrival);
  CHECK(std::abs(result["load"]["sent"].get<int>() - 800) < 120);
  CHECK(near(result["load"]["offered_per_s"], result["load"]["sent"].get<double>() / 0.4, 1e-9));
  CHECK(slice_total(result) == result["latency"]["count"]);
}

TEST_CASE("the window begins after the later of warm-up time and requests", "[generator]") {
  echo_server server;
  generator_under_test generator;
  generator.open(server.port(), 4, 4, 64);
  json load = open_load(1000, 200 * ns_per_ms);
  load["warmup_ns"] = 50 * ns_per_ms;
  load["warmup_requests"] = 300;
  const json result = generator.run(load);
  check_clean(result);
  CHECK(result["load"]["warmup_ns"] >= 150 * ns_per_ms);
  CHECK(result["load"]["warmup_note"].is_null());
  CHECK(result["work"]["units"].get<int>() >= result["load"]["completed"].get<int>() + 300);
}

TEST_CASE("a warm-up too slow for its requests is cut short and says so", "[generator]") {
  echo_server server;
  generator_under_test generator;
  generator.open(server.port(), 1, 1, 64);
  json load = open_load(100, 50 * ns_per_ms);
  load["warmup_requests"] = 1'000'000;
  const json result = generator.run(load);
  CHECK(result["load"]["warmup_ns"] >= 2 * ns_per_s);
  const auto note = result["load"]["warmup_note"].get<std::string>();
  CHECK(note.find("of 1000000 requests") != std::string::npos);
}

TEST_CASE("late requests are sent late, counted late and never dropped", "[generator]") {
  echo_server server;
  generator_under_test generator;
  generator.open(server.port(), 2, 2, 64);
  // Far more than one thread can send: nearly every request is late.
  const json result = generator.run(open_load(5'000'000, 10 * ns_per_ms));
  const auto scheduled = result["load"]["offered_per_s"].get<double>() * 0.01;
  const auto unanswered =
      result["load"]["errors"]["timeout"].get<double>() + result["load"]["unsent"].get<double>();
  CHECK(scheduled > 45'000);
  CHECK(std::abs(result["load"]["completed"].get<double>() + unanswered - scheduled) < 1);
  CHECK(result["load"]["late_50us_fraction"].get<double>() > 0.5);
  CHECK(result["load"]["late_ns_p99"].get<time_ns>() > ns_per_ms);
  CHECK(result["work"]["checksum"] == result["work"]["expected_checksum"]);
}

TEST_CASE("achieved is what was completed in the window, and not what was meant for it",
          "[generator]") {
  echo_server server;
  generator_under_test generator;
  generator.open(server.port(), 2, 2, 64);
  // Far more than one thread can send: most of it is completed after the window.
  const json result = generator.run(open_load(5'000'000, 10 * ns_per_ms));
  const auto units = result["window"]["units"].get<double>();
  const auto duration_ns = result["window"]["duration_ns"].get<double>();
  CHECK(units < result["load"]["completed"].get<double>());
  CHECK(near(result["load"]["achieved_per_s"].get<double>(), units / duration_ns * 1e9, 1e-9));
}

TEST_CASE("what the generator never came to send is its own failing, and counted", "[generator]") {
  echo_server server;
  generator_under_test generator;
  generator.open(server.port(), 2, 2, 64);
  // The drain is over long before so many could be sent. On a busy machine there is a warm-up even
  // where none was asked for: the generator may lose its CPU before it comes to begin the window.
  json asked = open_load(500'000'000, 100 * ns_per_ms);
  asked["warmup_ns"] = GENERATE(time_ns{0}, 30 * ns_per_ms);
  const json result = generator.run(asked);
  const auto& load = result["load"];
  CHECK(load["unsent"].get<double>() > 20e6);
  // More than ten million are not counted one by one but computed from the rate.
  CHECK(near(load["offered_per_s"].get<double>() * 0.1, 50e6, 0.01));
  // What was due in the warm-up is sent first, and counted where it was not.
  const double scheduled = 50e6 + load["warmup_ns"].get<double>() * 0.5;
  const auto accounted = result["work"]["units"].get<double>() + load["unsent"].get<double>() +
                         load["errors"]["timeout"].get<double>();
  CHECK(near(accounted, scheduled, 0.001));
  CHECK(result["work"]["checksum"] == result["work"]["expected_checksum"]);
}

TEST_CASE("a request that waits for its connection is not the generator being late",
          "[generator]") {
  echo_faults stall;
  stall.stall_at = 200 * 64;
  stall.stall_ms = 500;
  echo_server server(stall);
  generator_under_test generator;
  generator.open(server.port(), 2, 2, 64);
  json load = open_load(500, 2 * ns_per_s);
  load["pipeline"] = 1;
  const json result = generator.run(load);
  // A quarter of the requests could not be sent on time, by up to 500 ms: the server's doing.
  CHECK(result["latency"]["max"].get<time_ns>() > 300 * ns_per_ms);
  CHECK(result["load"]["late_ns_p99"].get<time_ns>() < 200 * ns_per_ms);
}

TEST_CASE("an idle-heavy load is an open loop on the active connections alone", "[generator]") {
  echo_server server;
  generator_under_test generator;
  generator.open(server.port(), 20, 1, 64);
  json load = open_load(1000, 200 * ns_per_ms);
  load["mode"] = "idle_heavy";
  const json result = generator.run(load);
  check_clean(result);
  CHECK(result["load"]["model"] == "idle_heavy");
  CHECK(result["load"]["arrival"] == "poisson");
  CHECK(result["load"]["offered_per_s"].is_number());
  CHECK(server.open_now() == 20);
}

TEST_CASE("a message on each connection: every one is measured, no more than asked at a time",
          "[generator]") {
  echo_server server;
  generator_under_test generator;
  generator.open(server.port(), 50, 50, 64);
  const json result = generator.run(once_load(50, 7));
  check_clean(result);
  CHECK(result["load"]["model"] == "once");
  CHECK(result["load"]["inflight_max"] <= 7);
  CHECK(result["work"]["units"] == 50);
  CHECK(result["window"]["units"] == 50);
  CHECK(result["service_time"]["count"] == 50);
  CHECK(server.bytes() == 50 * 64);
}

TEST_CASE("a message on each connection needs to be told how many at a time", "[generator]") {
  echo_server server;
  generator_under_test generator;
  generator.open(server.port(), 5, 5, 64);
  json load = once_load(5, 1);
  load.erase("in_flight");
  const json reply = generator.ask(load);
  CHECK(reply["type"] == "error");
  CHECK(reply["message"].get<std::string>().find("in_flight") != std::string::npos);
}

TEST_CASE("churn makes a connection for every exchange and leaves none of them", "[generator]") {
  constexpr int connections = 12;
  const int active = GENERATE(1, 4);
  echo_server server;
  generator_under_test generator;
  generator.open(server.port(), connections, active, 64);
  const json result = generator.run(churn_load(300));
  check_clean(result);
  CHECK(result["load"]["model"] == "churn");
  CHECK(result["load"]["arrival"].is_null());
  CHECK(result["window"]["units"] == 300);
  CHECK(result["load"]["inflight_max"] == active);
  const auto exchanges = result["work"]["units"].get<int>();
  CHECK(server.accepted() == connections + exchanges);
  CHECK(server.bytes() == static_cast<std::uint64_t>(exchanges) * 64);
  for (int i = 0; i < 200 && server.open_now() != connections - active; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  CHECK(server.open_now() == connections - active);
}

TEST_CASE("a churn cycle is timed from its connect, service from its send", "[generator]") {
  echo_server server;
  generator_under_test generator;
  generator.open(server.port(), 4, 2, 64);
  const json result = generator.run(churn_load(300));
  for (const char* figure : {"min", "mean"}) {
    INFO(figure);
    CHECK(result["latency"][figure].get<double>() > result["service_time"][figure].get<double>());
  }
  CHECK(result["load"]["late_50us_fraction"] == 0);
}

TEST_CASE("churn may follow churn on the same connections", "[generator]") {
  echo_server server;
  generator_under_test generator;
  generator.open(server.port(), 4, 4, 64);
  check_clean(generator.run(churn_load(500)));
  check_clean(generator.run(churn_load(500)));
}

TEST_CASE("a load reports what it costs the generator, its waiting left out", "[generator]") {
  echo_server server;
  generator_under_test generator;
  generator.open(server.port(), 4, 4, 64);
  const json quiet = generator.run(open_load(100, ns_per_s))["load"];
  // It polls all the time, and at 100 requests a second has next to nothing to do.
  CHECK(quiet["generator_busy_fraction"] < 0.5);
  const json busy = generator.run(fixed_load(5000))["load"];
  CHECK(busy["generator_cpu_per_op_ns"] > 0);
  CHECK(busy["generator_busy_fraction"] > quiet["generator_busy_fraction"]);
  CHECK(busy["generator_busy_fraction"] <= 1);
}

TEST_CASE("how busy a generator was is a share of the CPU time it got, and not of the window",
          "[generator]") {
  cpu_set_t before;
  REQUIRE(::sched_getaffinity(0, sizeof before, &before) == 0);
  unsigned first = 0;
  while (!CPU_ISSET(first, &before)) ++first;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(first, &one);
  REQUIRE(::sched_setaffinity(0, sizeof one, &one) == 0);
  json result;
  {
    // On one CPU, which the generator gets about half of.
    echo_server server;
    generator_under_test generator;
    generator.open(server.port(), 4, 4, 64);
    result = generator.run(fixed_load(5000));
  }
  REQUIRE(::sched_setaffinity(0, sizeof before, &before) == 0);
  const auto number = [&](const char* part, const char* name) {
    return result[part][name].get<double>();
  };
  const double work_ns = number("load", "generator_cpu_per_op_ns") * number("window", "units");
  const double cpu_ns = number("load", "generator_cpu_fraction") * number("window", "duration_ns");
  CHECK(number("load", "generator_cpu_fraction") < 0.9);
  CHECK(near(number("load", "generator_busy_fraction"), work_ns / cpu_ns, 1e-6));
}

TEST_CASE("a stalled server shows in latency, and not in service time one request at a time",
          "[generator]") {
  echo_faults stall;
  stall.stall_at = 200 * 64;
  stall.stall_ms = 500;
  echo_server server(stall);
  generator_under_test generator;
  generator.open(server.port(), 2, 2, 64);
  json load = open_load(500, 2 * ns_per_s);
  load["pipeline"] = 1;
  const json result = generator.run(load);
  check_clean(result);
  const auto mean_ns = [&](const char* name) { return result[name]["mean"].get<double>(); };
  // About 250 of 1000 requests wait 250 ms on average; no more than the two in flight were sent.
  CHECK(mean_ns("latency") > 30 * static_cast<double>(ns_per_ms));
  CHECK(mean_ns("service_time") < mean_ns("latency") / 2);
}

TEST_CASE("connections may be opened in steps and load sent twice", "[generator]") {
  echo_server server;
  generator_under_test generator;
  CHECK(generator.ask(generator.prepare_message(server.port(), 40, 10, 64))["type"] == "ready");
  for (const int total : {0, 10, 20, 40, 40}) {
    const json reply = generator.ask({{"type", "connect"}, {"connections", total}});
    CHECK(reply["type"] == "connected");
    CHECK(reply["connections"] == total);
  }
  check_clean(generator.run(fixed_load(100)));
  const json second = generator.run(fixed_load(100));
  check_clean(second);
  CHECK(second["window"]["units"] == 100);
  CHECK(second["work"]["units"].get<int>() >= 200);
}
