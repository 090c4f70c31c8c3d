// Waiting for children: the right message, the wrong one, none at all, and a child that goes away.
#include <string>

#include "harness/conductor/conversation.hpp"
#include "tests/catch.hpp"

using namespace skein;
using namespace skein::conductor;

namespace {

command_line shell(const std::string& script) {
  return {"sh", {"sh", "-c", script}};
}

time_ns after_ms(int ms) {
  return monotonic_clock::now_ns() + ms * ns_per_ms;
}

/// One child and a conversation with it.
struct scene {
  explicit scene(const std::string& script) : child("worker", shell(script), {}) {
    talk.add(child);
  }

  /// How expecting a message of this type ends.
  cell_ended failure_of(const char* type, int ms = 20'000) {
    try {
      talk.expect(child, type, after_ms(ms));
    } catch (const cell_ended& ended) {
      return ended;
    }
    FAIL("the message came");
    throw std::logic_error("unreachable");
  }

  interrupts signals;
  conversation talk{signals, after_ms(60'000)};
  child_process child;
};

}  // namespace

TEST_CASE("an expected message is handed over") {
  scene of("echo '{\"type\":\"ready\",\"port\":7}'; sleep 20");
  const json ready = of.talk.expect(of.child, "ready", after_ms(20'000));
  CHECK(field<int>(of.child, ready, "port") == 7);
  CHECK_THROWS_AS(field<int>(of.child, ready, "type"), cell_ended);
  CHECK_THROWS_AS(field<int>(of.child, ready, "nothing"), cell_ended);
}

TEST_CASE("a finished phase may come before the answer that is waited for") {
  scene of(
      "echo '{\"type\":\"phase\",\"name\":\"finished\"}'; echo '{\"type\":\"stats\"}'; sleep 20");
  of.talk.expect(of.child, "stats", after_ms(20'000));
  CHECK(of.talk.has_come(of.child, "phase", "finished"));
}

TEST_CASE("another message than the expected one is a failure") {
  const auto ended = scene("echo '{\"type\":\"applause\"}'; sleep 20").failure_of("ready");
  CHECK(ended.how() == status::failed);
  CHECK_THAT(ended.what(), test::contains("applause"));
}

TEST_CASE("nonsense is a failure that quotes it") {
  for (const char* line : {"hello?", "[1]", "{\"kind\":1}", "42"}) {
    INFO(line);
    const auto ended = scene("echo '" + std::string(line) + "'; sleep 20").failure_of("ready");
    CHECK(ended.how() == status::failed);
    CHECK_THAT(ended.what(), test::contains(line));
  }
}

TEST_CASE("silence is a timeout") {
  const auto ended = scene("sleep 20").failure_of("ready", 100);
  CHECK(ended.how() == status::timeout);
}

TEST_CASE("a child that leaves is a failure with its status, half a line notwithstanding") {
  for (const char* script : {"exit 3", "printf '{\"ty'; exit 3"}) {
    const auto ended = scene(script).failure_of("ready");
    CHECK(ended.how() == status::failed);
    CHECK(ended.failure->exit_status == 3);
  }
}

TEST_CASE("a limit ends the cell as a limit, an error as a failure") {
  const auto limited =
      scene("echo '{\"type\":\"limit\",\"limit\":\"L\",\"value\":1,\"needed\":2}'").failure_of("x");
  CHECK(limited.how() == status::limit);
  CHECK(limited.limit->name == "L");
  const auto failed = scene("echo '{\"type\":\"error\",\"message\":\"why\"}'").failure_of("x");
  CHECK(failed.how() == status::failed);
  CHECK_THAT(failed.what(), test::contains("why"));
}

TEST_CASE("a rest notices a child that dies meanwhile") {
  scene of("exit 0");
  CHECK_THROWS_AS(of.talk.wait_until(after_ms(20'000)), cell_ended);
}
