// The generator against servers and conductors that misbehave: every fault is counted or said, and
// none ends in a time.
#include "tests/catch.hpp"
#include "tests/harness/generator/fixture.hpp"

namespace {

using namespace skein;
using namespace skein::test;

/// 400 requests of 64 bytes over 4 connections.
json run_against(const echo_faults& faults) {
  echo_server server(faults);
  generator_under_test generator;
  generator.open(server.port(), 4, 4, 64);
  return generator.run(open_load(2000, 200 * ns_per_ms));
}

bool says(const json& message, const std::string& text) {
  return message.at("message").get<std::string>().find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("one flipped byte is a wrong byte and another checksum", "[generator]") {
  echo_faults faults;
  faults.flip_at = 5000;
  const json result = run_against(faults);
  CHECK(result["wrong_bytes"] == 1);
  CHECK(result["work"]["checksum"] != result["work"]["expected_checksum"]);
}

TEST_CASE("bytes that nobody asked for are wrong bytes and end the connection", "[generator]") {
  echo_faults faults;
  faults.extra_at = 5000;
  const json result = run_against(faults);
  CHECK(result["wrong_bytes"] > 0);
  CHECK(result["work"]["checksum"] != result["work"]["expected_checksum"]);
}

TEST_CASE("a connection closed by the server is a read error", "[generator]") {
  echo_faults faults;
  faults.close_at = 5000;
  const json result = run_against(faults);
  CHECK(result["load"]["errors"]["read"] > 0);
  CHECK(result["load"]["errors"]["write"] > 0);
  CHECK(result["load"]["errors"]["timeout"] == 0);
  CHECK(result["wrong_bytes"] == 0);
  CHECK(result["work"]["checksum"] == result["work"]["expected_checksum"]);
}

TEST_CASE("a load that loses all its connections ends early and says so", "[generator]") {
  echo_faults faults;
  faults.close_at = 5000;
  echo_server server(faults);
  generator_under_test generator;
  generator.open(server.port(), 1, 1, 64);
  const json result = generator.run(fixed_load(1'000'000));
  CHECK(result["load"]["errors"]["read"] == 1);
  CHECK(result["load"]["early_end"] == "all active connections were lost");
  const json again = generator.ask(fixed_load(1));
  CHECK(again["type"] == "error");
  CHECK(says(again, "needs 1 active connections, open are 0"));
}

TEST_CASE("a server that stops answering makes timeouts", "[generator]") {
  echo_faults faults;
  faults.mute_from = 5000;
  const json result = run_against(faults);
  CHECK(result["load"]["errors"]["timeout"] > 0);
  CHECK(result["load"]["sent"].get<int>() ==
        result["load"]["completed"].get<int>() + result["load"]["errors"]["timeout"].get<int>());
  CHECK(result["work"]["checksum"] == result["work"]["expected_checksum"]);
}

TEST_CASE("no more requests are on their way on a connection than the pipeline has room for",
          "[generator]") {
  constexpr int active = 2;
  constexpr int pipeline = 3;
  echo_faults faults;
  faults.mute_from = 0;
  echo_server server(faults);
  generator_under_test generator;
  generator.open(server.port(), active, active, 64);
  json load = open_load(1000, 100 * ns_per_ms);
  load["pipeline"] = pipeline;
  const json result = generator.run(load);
  CHECK(result["load"]["sent"] == active * pipeline);
  CHECK(server.bytes() == active * pipeline * 64);
}

TEST_CASE("a server that leaves in the middle of churn is counted, and ends the load",
          "[generator]") {
  generator_under_test generator;
  json result;
  {
    echo_faults faults;
    faults.quit_at = 50 * 64;
    echo_server server(faults);
    generator.open(server.port(), 4, 2, 64);
    result = generator.run(churn_load(1'000'000));
  }
  CHECK(result["load"]["errors"]["read"].get<int>() +
            result["load"]["errors"]["connect"].get<int>() >=
        2);
  CHECK(result["load"]["errors"]["connect"] > 0);
  CHECK(result["load"]["early_end"] == "all active connections were lost");
  CHECK(result["work"]["checksum"] == result["work"]["expected_checksum"]);
}

TEST_CASE("wrong and surplus bytes are seen under churn too", "[generator]") {
  echo_faults faults;
  faults.flip_at = 5000;
  faults.extra_at = 9000;
  echo_server server(faults);
  generator_under_test generator;
  generator.open(server.port(), 4, 2, 64);
  const json result = generator.run(churn_load(300));
  CHECK(result["wrong_bytes"] >= 1);
  CHECK(result["work"]["checksum"] != result["work"]["expected_checksum"]);
}

TEST_CASE("a refused connection is an error that says how far it came", "[generator]") {
  std::uint16_t port = 0;
  {
    port = echo_server().port();
  }
  generator_under_test generator;
  CHECK(generator.ask(generator.prepare_message(port, 4, 4, 64))["type"] == "ready");
  const json reply = generator.ask({{"type", "connect"}, {"connections", 4}});
  CHECK(reply["type"] == "error");
  CHECK(says(reply, "Connection refused"));
  CHECK(reply["connected"] == 0);
}

TEST_CASE("more connections than descriptors is a limit with its name, value and need",
          "[generator]") {
  generator_under_test generator;
  const json reply = generator.ask(generator.prepare_message(1, 3'000'000, 1, 64));
  CHECK(reply["type"] == "limit");
  CHECK_FALSE(reply["limit"].get<std::string>().empty());
  CHECK(reply["value"].get<std::int64_t>() < reply["needed"].get<std::int64_t>());
}

TEST_CASE("commands that make no sense are answered with what would", "[generator]") {
  generator_under_test generator;
  const auto refused = [&](const std::string& line, const std::string& why) {
    generator.send_line(line);
    const json reply = generator.receive();
    INFO(reply.dump());
    CHECK(reply["type"] == "error");
    CHECK(says(reply, why));
  };
  refused("this is not JSON", "parse error");
  refused("[1,2]", "type");
  refused(R"({"type":"dance"})", "known are prepare, connect, load, stop");
  refused(R"({"type":"connect","connections":1})", "prepare must come first");
  refused(R"({"type":"prepare"})", "port must be an integer from 1 to 65535, got nothing");
  refused(R"({"type":"prepare","port":-5})", "got -5");

  echo_server server;
  refused(generator_under_test::prepare_message(server.port(), 2, 3, 64).dump(),
          "active must be an integer from 0 to 2, got 3");
  generator.open(server.port(), 2, 2, 64);
  refused(R"({"type":"connect","connections":3})", "from 0 to 2, got 3");
  json load = open_load(100, ns_per_s);
  load["rate_per_s"] = 0;
  refused(load.dump(), "rate_per_s must be a number above 0");
  load = open_load(100, ns_per_s);
  load["mode"] = "closed";
  refused(load.dump(), R"(mode must be one of "open", "idle_heavy", "fixed", "churn", "once")");
  CHECK(generator.ask({{"type", "stop"}})["type"] == "stopped");
}

TEST_CASE("a generator says first which build it is of, and hashes its program when asked",
          "[generator]") {
  generator_under_test generator;
  CHECK(generator.hello()["type"] == "hello");
  CHECK(generator.hello()["protocol"] == 1);
  CHECK_FALSE(generator.hello()["version"].get<std::string>().empty());
  CHECK(generator.hello().contains("commit"));
  const json identity = generator.ask({{"type", "identify"}});
  CHECK(identity["type"] == "identity");
  CHECK((identity["binary_sha256"].is_null() ||
         identity["binary_sha256"].get<std::string>().size() == 64));
}

TEST_CASE("a sign of life is given at once, also in the middle of a load", "[generator]") {
  const json alive = {{"type", "alive"}, {"silence_ns", 60 * ns_per_s}};
  echo_server server;
  generator_under_test generator;
  CHECK(generator.ask(alive) == json{{"type", "alive"}});
  generator.open(server.port(), 2, 2, 64);
  CHECK(generator.ask(open_load(100, 3600 * ns_per_s))["type"] == "window_begin");
  CHECK(generator.ask(alive) == json{{"type", "alive"}});
  CHECK(generator.ask(alive) == json{{"type", "alive"}});
  CHECK(generator.ask({{"type", "stop"}})["type"] == "stopped");
}

TEST_CASE("a conductor that falls silent ends the generator, whether it is at work or not",
          "[generator]") {
  const bool at_work = GENERATE(false, true);
  echo_server server;
  generator_under_test generator;
  generator.open(server.port(), 2, 2, 64);
  if (at_work) {
    CHECK(generator.ask(open_load(100, 3600 * ns_per_s))["type"] == "window_begin");
  }
  generator.ask({{"type", "alive"}, {"silence_ns", 200 * ns_per_ms}});
  CHECK(generator.await_end() == 1);
}

TEST_CASE("a conductor that never asks for signs of life may be silent", "[generator]") {
  generator_under_test generator;
  CHECK(generator.ask({{"type", "identify"}})["type"] == "identity");
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  CHECK(generator.ask({{"type", "stop"}})["type"] == "stopped");
}

TEST_CASE("an address that is not this host's is refused with what would help", "[generator]") {
  generator_under_test generator;
  json prepare = generator_under_test::prepare_message(1, 4, 4, 64);
  prepare["first_address"] = "192.0.2.1";
  const json reply = generator.ask(prepare);
  CHECK(reply["type"] == "refused");
  CHECK(says(reply, "--generator-addresses: the load generator's host cannot use 192.0.2.1"));
  prepare["first_address"] = "b";
  CHECK(says(generator.ask(prepare), "first_address must be an IPv4 address"));
}

TEST_CASE("a generator pins itself where it may, and refuses only what was asked for",
          "[generator]") {
  generator_under_test generator;
  json prepare = generator_under_test::prepare_message(1, 4, 4, 64);
  prepare["cpus"] = json::array({1'000});
  prepare["cpus_are_asked_for"] = true;
  CHECK(generator.ask(prepare)["type"] == "refused");
  prepare["cpus"] = json::array({-1});
  CHECK(says(generator.ask(prepare), "cpus must be a list of CPU numbers"));
  prepare["cpus"] = json::array({1'000});
  prepare["cpus_are_asked_for"] = false;
  const json ready = generator.ask(prepare);
  CHECK(ready["type"] == "ready");
  CHECK(ready["pinned"] == false);
}

TEST_CASE("a host is described before a load and accounted for after it", "[generator]") {
  echo_server server;
  generator_under_test generator;
  CHECK(says(generator.ask({{"type", "survey"}}), "prepare must come first"));
  generator.open(server.port(), 4, 4, 64);
  CHECK(says(generator.ask({{"type", "account"}}), "account needs a survey"));
  const json survey = generator.ask({{"type", "survey"}});
  REQUIRE(survey["type"] == "survey");
  CHECK(survey["end"]["interface"] == "lo");
  CHECK(survey["round_trip"]["count"] == 4);
  CHECK(survey["round_trip"]["p50"].get<time_ns>() > 0);
  CHECK(survey["environment"].contains("cpu_model"));
  generator.run(fixed_load(1'000));
  const json account = generator.ask({{"type", "account"}});
  REQUIRE(account["type"] == "account");
  CHECK(account["counts"].contains("retransmitted"));
  CHECK(account["host"].contains("foreign_cpu_ns"));
  CHECK_FALSE(account["cpus"].empty());
}

TEST_CASE("a window is said by its length and that of its warm-up", "[generator]") {
  echo_server server;
  generator_under_test generator;
  generator.open(server.port(), 2, 2, 64);
  json load = open_load(1000, 100 * ns_per_ms);
  load["warmup_ns"] = 50 * ns_per_ms;
  const json begun = generator.ask(load);
  const json ended = generator.receive();
  const json result = generator.receive();
  CHECK(begun["warmup_ns"].get<time_ns>() >= 50 * ns_per_ms);
  CHECK(begun["warmup_ns"] == result["load"]["warmup_ns"]);
  CHECK(ended["duration_ns"] == result["window"]["duration_ns"]);
}

TEST_CASE("stop during a load abandons it", "[generator]") {
  echo_server server;
  generator_under_test generator;
  generator.open(server.port(), 2, 2, 64);
  CHECK(generator.ask(open_load(100, 3600 * ns_per_s))["type"] == "window_begin");
  CHECK(generator.ask({{"type", "stop"}})["type"] == "stopped");
  CHECK(generator.hang_up() == 0);
}

TEST_CASE("a conductor that vanishes during a load ends the generator", "[generator]") {
  echo_server server;
  generator_under_test generator;
  generator.open(server.port(), 2, 2, 64);
  CHECK(generator.ask(open_load(100, 3600 * ns_per_s))["type"] == "window_begin");
  CHECK(generator.hang_up() == 0);
}
