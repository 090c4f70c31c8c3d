// Children: started, spoken to, ended, and never left behind.
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <string>
#include <sys/prctl.h>
#include <thread>
#include <unistd.h>

#include "harness/conductor/prepare/pinning.hpp"
#include "harness/conductor/processes/child_process.hpp"
#include "harness/conductor/processes/conversation.hpp"
#include "harness/conductor/runs/worker_counters.hpp"
#include "harness/measure/proc_file.hpp"
#include "tests/catch.hpp"

using namespace skein;
using namespace skein::conductor;

namespace {

command_line shell(const std::string& script) {
  return {"sh", {"sh", "-c", script}};
}

void rest_ms(int ms) {
  std::this_thread::sleep_for(std::chrono::milliseconds(ms));
}

/// Waits until the process is running ('R') or stopped ('T').
void await_state(pid_t pid, char wanted) {
  const std::string path = "/proc/" + std::to_string(pid) + "/status";
  for (int i = 0; i < 20'000; ++i) {
    const auto text = measure::read_text(path);
    const auto state = text ? measure::field_text(*text, "State") : std::nullopt;
    if (state && state->front() == wanted) return;
    rest_ms(1);
  }
  FAIL("the child did not come to be " << wanted);
}

time_ns in_seconds(int seconds) {
  return monotonic_clock::now_ns() + seconds * ns_per_s;
}

}  // namespace

TEST_CASE("a child answers over its pipes and ends with its status") {
  child_process child("worker", shell("read line; echo \"got $line\"; exit 5"), {});
  child.channel().write_line("this");
  CHECK(child.channel().read_line() == "got this");
  const auto end = child.wait_until(in_seconds(20));
  REQUIRE(end);
  CHECK(end->exit_status == 5);
  CHECK_FALSE(end->signal);
}

TEST_CASE("a child has the timer slack of every worker, whatever this process has") {
  const int before = ::prctl(PR_GET_TIMERSLACK);
  REQUIRE(::prctl(PR_SET_TIMERSLACK, 1'000'000) == 0);
  child_process child("worker", shell("exec cat /proc/self/timerslack_ns"), {});
  CHECK(::prctl(PR_SET_TIMERSLACK, before) == 0);
  CHECK(child.channel().read_line() == "50000");
}

TEST_CASE("a child's signal and last words are kept") {
  child_process child("worker", shell("echo one >&2; echo two >&2; kill -SEGV $$"), {});
  const auto end = child.wait_until(in_seconds(20));
  REQUIRE(end);
  CHECK(end->signal == SIGSEGV);
  CHECK(signal_name(*end->signal) == "SIGSEGV");
  CHECK(child.stderr_lines() == std::vector<std::string>{"one", "two"});
}

TEST_CASE("a command that is not there says so") {
  child_process child("worker", {"/nowhere/at/all", {"all"}}, {});
  const auto end = child.wait_until(in_seconds(20));
  REQUIRE(end);
  CHECK(end->exit_status == 127);
  REQUIRE(child.stderr_lines().size() == 1);
  CHECK(child.stderr_lines()[0] == "cannot execute /nowhere/at/all: No such file or directory");
}

TEST_CASE("a child that ignores everything is gone after its destructor") {
  pid_t pid = 0;
  {
    child_process child("worker", shell("trap '' TERM INT; echo up; while :; do sleep 1; done"),
                        {});
    pid = child.pid();
    CHECK(child.channel().read_line() == "up");
  }
  CHECK(::kill(pid, 0) == -1);
  CHECK(errno == ESRCH);
}

TEST_CASE("a child has its parent's environment, but for what the command sets") {
  ::setenv("SKEIN_TEST_KEPT", "kept", 1);
  ::setenv("SKEIN_TEST_CHANGED", "old", 1);
  command_line command = shell("echo $SKEIN_TEST_KEPT $SKEIN_TEST_CHANGED $SKEIN_TEST_NEW");
  command.environment = {"SKEIN_TEST_CHANGED=new", "SKEIN_TEST_NEW=a = b"};
  child_process child("worker", command, {});
  CHECK(child.channel().read_line() == "kept new a = b");
}

TEST_CASE("a worker that is not counted is started as it is, and nothing is read") {
  worker_counters none(false);
  outcome out;
  none.attach(::getpid(), out);
  CHECK(none.counted(shell("true")).environment.empty());
  CHECK_FALSE(none.read());
  CHECK(out.reasons.empty());
  CHECK_FALSE(counts_between(none.read(), none.read()));
}

TEST_CASE("allocations are counted only of a worker that says it allocates with glibc") {
  worker_counters counters(true);
  child_process child("worker", counters.counted(shell("echo up; read line")), {});
  CHECK(child.channel().read_line() == "up");
  outcome out;
  const auto reason_for = [&](const json& conditions) {
    out.reasons.clear();
    counters.doubt(conditions, out);
    return out.reasons.empty() ? std::string() : out.reasons.front();
  };
  if (!counters.read()->allocations) return;  // a sanitizer's own malloc stands in the way
  CHECK(reason_for({{"allocator", "glibc malloc 2.36"}}).empty());
  CHECK(counters.read()->allocations > 0);
  CHECK_THAT(reason_for({{"allocator", "jemalloc 5.3"}}), test::contains("with jemalloc 5.3"));
  CHECK_FALSE(counters.read()->allocations);
  for (const json& silent : {json(), json::object(), json{{"allocator", nullptr}}}) {
    CHECK_THAT(reason_for(silent), test::contains("does not say its allocator"));
    CHECK_FALSE(counters.read()->allocations);
  }
}

TEST_CASE("a count that is missing at one end is missing") {
  const work_counts begin{.allocations = 2, .system_calls = {}};
  const work_counts end{.allocations = 5, .system_calls = 9};
  const auto between = counts_between(begin, end);
  REQUIRE(between);
  CHECK(between->allocations == 3);
  CHECK_FALSE(between->system_calls);
}

TEST_CASE("a child is pinned before it runs") {
  const int last = allowed_cpus().back();
  child_process child("worker", shell("grep Cpus_allowed_list /proc/self/status"), {last});
  const auto line = child.channel().read_line();
  REQUIRE(line);
  CHECK(*line == "Cpus_allowed_list:\t" + std::to_string(last));
}

TEST_CASE("a child that was stopped is known to have been, for as long as it was") {
  child_process child("worker", shell("while :; do :; done"), {});
  child.look_for_stops();
  CHECK(child.stopped_ns() == 0);
  ::kill(child.pid(), SIGSTOP);
  await_state(child.pid(), 'T');
  const time_ns begin_ns = monotonic_clock::now_ns();
  child.look_for_stops();
  rest_ms(30);
  const time_ns lasting_ns = child.stopped_ns();
  CHECK(lasting_ns >= 30 * ns_per_ms);
  rest_ms(10);
  CHECK(child.stopped_ns() >= lasting_ns + 10 * ns_per_ms);
  ::kill(child.pid(), SIGCONT);
  await_state(child.pid(), 'R');
  const time_ns over_ns = child.stopped_ns();
  CHECK(over_ns <= monotonic_clock::now_ns() - begin_ns);
  rest_ms(10);
  CHECK(child.stopped_ns() == over_ns);
}

TEST_CASE("a stop that was over before anybody looked counts from the look before it") {
  child_process child("worker", shell("while :; do :; done"), {});
  child.look_for_stops();
  rest_ms(20);
  ::kill(child.pid(), SIGSTOP);
  await_state(child.pid(), 'T');
  ::kill(child.pid(), SIGCONT);
  await_state(child.pid(), 'R');
  CHECK(child.stopped_ns() >= 20 * ns_per_ms);
}

TEST_CASE("stops are seen while the conductor waits, and their ends") {
  const interrupts signals;
  conversation talk(signals, in_seconds(60));
  child_process child("worker", shell("while :; do :; done"), {});
  talk.add(child);
  const time_ns begin_ns = monotonic_clock::now_ns();
  for (int i = 0; i < 3; ++i) {
    ::kill(child.pid(), SIGSTOP);
    talk.wait_for_news(in_seconds(20));
    rest_ms(20);
    ::kill(child.pid(), SIGCONT);
    talk.wait_for_news(in_seconds(20));
    rest_ms(200);
  }
  CHECK(child.stopped_ns() >= 60 * ns_per_ms);
  CHECK(child.stopped_ns() <= monotonic_clock::now_ns() - begin_ns - 3 * 200 * ns_per_ms);
}

TEST_CASE("a wait looks for stops now and then, so that none is taken for the whole wait") {
  const interrupts signals;
  conversation talk(signals, in_seconds(60));
  child_process child("worker", shell("while :; do :; done"), {});
  talk.add(child);
  const time_ns begin_ns = monotonic_clock::now_ns();
  talk.wait_for_news(begin_ns + 20 * ns_per_s);
  CHECK(monotonic_clock::now_ns() < begin_ns + 20 * ns_per_s);  // though there was no news
  talk.wait_until(monotonic_clock::now_ns() + 300 * ns_per_ms);
  ::kill(child.pid(), SIGSTOP);
  await_state(child.pid(), 'T');
  ::kill(child.pid(), SIGCONT);
  await_state(child.pid(), 'R');
  CHECK(child.stopped_ns() <= monotonic_clock::now_ns() - begin_ns - 300 * ns_per_ms);
}

TEST_CASE("a child begins with no signal ignored or blocked, whatever its parent inherited") {
  const auto previous = std::signal(SIGUSR1, SIG_IGN);
  std::signal(SIGCHLD, SIG_IGN);
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, &before);
  child_process child("worker", {"grep", {"grep", "-E", "SigBlk|SigIgn", "/proc/self/status"}}, {});
  const auto blocked = child.channel().read_line();
  const auto ignored = child.channel().read_line();
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  std::signal(SIGCHLD, SIG_DFL);
  std::signal(SIGUSR1, previous);
  CHECK(blocked == "SigBlk:\t0000000000000000");
  CHECK(ignored == "SigIgn:\t0000000000000000");
}

TEST_CASE("a parent that inherited SIGCHLD as ignored learns how its children end") {
  std::signal(SIGCHLD, SIG_IGN);
  const interrupts signals;
  child_process child("worker", shell("exit 5"), {});
  const auto end = child.wait_until(in_seconds(20));
  REQUIRE(end);
  CHECK(end->exit_status == 5);
}

TEST_CASE("the tail of a stream is bounded in lines and in their length") {
  line_tail tail;
  for (int i = 0; i < 1000; ++i) tail.add("line\n", 5);
  const std::string endless(100'000, 'x');
  tail.add(endless.data(), endless.size());
  const auto lines = tail.lines();
  CHECK(lines.size() <= 21);
  CHECK(lines.back().size() <= 400);
}
