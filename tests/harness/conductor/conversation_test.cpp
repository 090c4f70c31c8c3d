// Waiting for children: the right message, the wrong one, none at all, and a child that goes away.
#include "harness/conductor/processes/conversation.hpp"

#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

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

TEST_CASE("what goes wrong before a child has said anything is told with a word about it") {
  const auto failure_of = [](const std::string& script) {
    const interrupts signals;
    conversation talk(signals, after_ms(60'000));
    child_process child("generator", shell(script), {});
    talk.add(child, "; its command is ssh");
    try {
      talk.expect(child, "hello", after_ms(300));
      talk.expect(child, "more", after_ms(300));
    } catch (const cell_ended& ended) {
      return std::string(ended.what());
    }
    return std::string("nothing went wrong");
  };
  for (const char* script : {"echo Welcome to b; sleep 20", "exit 255", "sleep 20"}) {
    INFO(script);
    CHECK_THAT(failure_of(script), test::contains("; its command is ssh"));
  }
  CHECK_THAT(failure_of("echo Welcome; sleep 20"), test::contains("no message: Welcome"));
  CHECK_THAT(failure_of("exit 255"), test::contains("exited with status 255"));
  const std::string later = failure_of("echo '{\"type\":\"hello\"}'; sleep 20");
  CHECK_THAT(later, test::contains("did not answer with 'more'"));
  CHECK(later.find("ssh") == std::string::npos);
}

namespace {

constexpr touch quick{
    .every_ns = 20 * ns_per_ms, .answer_ns = 400 * ns_per_ms, .silence_ns = ns_per_s};

}  // namespace

TEST_CASE("a child that is kept in touch with is asked again and again, and answers are no news") {
  // Answers each question with a sign of life, and after the third with what is waited for.
  scene of(
      "for i in 1 2 3; do read line; echo '{\"type\":\"alive\"}'; done; "
      "echo \"{\\\"type\\\":\\\"ready\\\",\\\"asked\\\":$line}\"; sleep 20");
  of.talk.keep_in_touch(of.child, quick);
  const json ready = of.talk.expect(of.child, "ready", after_ms(20'000));
  CHECK(ready["asked"] == json{{"type", "alive"}, {"silence_ns", ns_per_s}});
}

TEST_CASE("a child that gives no sign of life is a timeout, however long its answer may take") {
  scene of("sleep 20");
  of.talk.keep_in_touch(of.child, quick);
  const time_ns begin_ns = monotonic_clock::now_ns();
  const auto ended = of.failure_of("ready");
  CHECK(ended.how() == status::timeout);
  CHECK_THAT(ended.what(), test::contains("the worker has given no sign of life for "));
  CHECK(monotonic_clock::now_ns() - begin_ns >= quick.answer_ns);
}

TEST_CASE("a child that has ended is a failure by its status, and not by its silence") {
  scene of("read line; exit 3");
  of.talk.keep_in_touch(of.child, quick);
  const auto ended = of.failure_of("ready");
  CHECK(ended.how() == status::failed);
  CHECK(ended.failure->exit_status == 3);
}

TEST_CASE("a sign of life that nobody asked for is a message as any other") {
  const auto ended = scene("echo '{\"type\":\"alive\"}'; sleep 20").failure_of("ready");
  CHECK(ended.how() == status::failed);
  CHECK_THAT(ended.what(), test::contains("alive"));
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

TEST_CASE("a wait says what it is for after a while, and then less and less often") {
  waiting_notes notes(5 * ns_per_s);
  notes.begin("tasks to be spawned", 100 * ns_per_s);
  CHECK(notes.due_ns() == 105 * ns_per_s);
  CHECK_FALSE(notes.take(105 * ns_per_s - 1, 200 * ns_per_s));
  CHECK(notes.take(105 * ns_per_s, 200 * ns_per_s) ==
        "waiting for tasks to be spawned: 5 s so far, at most 95 s more");
  CHECK_FALSE(notes.take(106 * ns_per_s, 200 * ns_per_s));
  std::vector<time_ns> said;
  for (time_ns now = 106; now <= 400; ++now) {
    if (notes.take(now * ns_per_s, 0)) said.push_back(now);
  }
  CHECK(said == std::vector<time_ns>{110, 120, 140, 180, 240, 300, 360});
}

TEST_CASE("a wait that is not to be disturbed says nothing, and the next one begins anew") {
  waiting_notes notes(5 * ns_per_s);
  notes.begin("", 0);
  CHECK_FALSE(notes.take(1'000 * ns_per_s, 0));
  notes.begin("more", 1'000 * ns_per_s);
  CHECK_FALSE(notes.take(1'004 * ns_per_s, 0));
  CHECK(notes.take(1'005 * ns_per_s, 0) == "waiting for more: 5 s so far, at most 0 s more");
}

namespace {

/// What is written to standard error while this lives.
class captured_stderr {
 public:
  captured_stderr() : kept_(::dup(STDERR_FILENO)), file_(::memfd_create("stderr", 0)) {
    ::dup2(file_, STDERR_FILENO);
  }
  ~captured_stderr() {
    ::dup2(kept_, STDERR_FILENO);
    ::close(kept_);
    ::close(file_);
  }
  [[nodiscard]] std::string text() const {
    std::string text(4096, '\0');
    text.resize(static_cast<std::size_t>(::pread(file_, text.data(), text.size(), 0)));
    return text;
  }

 private:
  int kept_;
  int file_;
};

}  // namespace

TEST_CASE("whatever is waited for long is said on standard error") {
  const interrupts signals;
  conversation talk(signals, after_ms(60'000), waiting_notes(20 * ns_per_ms));
  child_process child("worker", shell("sleep 0.3; echo '{\"type\":\"ready\"}'; sleep 0.3"), {});
  talk.add(child);
  const captured_stderr heard;
  SECTION("an answer") {
    talk.awaits("an answer");
    talk.expect(child, "ready", after_ms(20'000));
    CHECK_THAT(heard.text(),
               test::contains("skein: waiting for an answer: 0 s so far, at most 20 s"));
  }
  SECTION("a rest") {
    talk.awaits("a rest");
    talk.wait_until(after_ms(100));
    CHECK_THAT(heard.text(), test::contains("skein: waiting for a rest"));
  }
  SECTION("an end") {
    talk.expect(child, "ready", after_ms(20'000));
    talk.awaits("an end");
    talk.dismiss(child, after_ms(20'000));
    CHECK_THAT(heard.text(), test::contains("skein: waiting for an end"));
  }
  SECTION("nothing that is said") {
    talk.awaits("");
    talk.wait_until(after_ms(100));
    CHECK(heard.text().empty());
  }
}
