// Stack overflows are named, other crashes are not, and both end the process by their signal.
#include "runtimes/shared/stack_overflow.hpp"

#ifndef SKEIN_SANITIZED

#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtimes/all.hpp"
#include "runtimes/errors.hpp"
#include "tests/catch.hpp"
#include "tests/options.hpp"
#include "workloads/c10k/sharded.hpp"

namespace skein {
namespace {

scheduler_options small_options() {
  return test::options_for(8);
}

volatile bool endless = true;  // compilers refuse recursion that they see to be endless

/// Without end, and with enough in each frame that no compiler makes a loop of it.
std::uint64_t recurse(std::uint64_t depth) {
  std::array<volatile std::uint64_t, 16> frame{};
  frame[depth % frame.size()] = depth;
  return endless ? recurse(depth + 1) + frame[0] : frame[0];
}

struct ending {
  int signal;
  std::string said;
};

/// What became of a child that does `work` with overflows reported into a pipe.
template <class Work>
ending end_of(Work&& work) {
  std::array<int, 2> ends{};
  checked(::pipe(ends.data()), "pipe");
  const pid_t child = ::fork();
  checked(child, "fork");
  if (child == 0) {
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    stack_overflow::report({{ends[1], "a task left its stack\n"}, {ends[1], "said twice\n"}});
    work();
    std::_Exit(0);
  }
  ::close(ends[1]);
  ending seen{};
  std::array<char, 256> chunk{};
  for (ssize_t got = 0; (got = ::read(ends[0], chunk.data(), chunk.size())) > 0;) {
    seen.said.append(chunk.data(), static_cast<std::size_t>(got));
  }
  ::close(ends[0]);
  int status = 0;
  checked(::waitpid(child, &status, 0), "waitpid");
  seen.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  return seen;
}

template <class S>
ending end_of_recursion() {
  return end_of([] {
    S scheduler(small_options());
    std::atomic<std::uint64_t> result{0};
    for (int i = 0; i < 3; ++i) {
      scheduler.spawn([&scheduler, &result] {
        scheduler.sleep_until(monotonic_clock::now_ns() + ns_per_ms);
        result = recurse(0);
      });
    }
    scheduler.run();
  });
}

template <class S>
void check_that_overflows_are_named() {
  const ending seen = end_of_recursion<S>();
  INFO(S::info().id);
  REQUIRE(seen.signal == SIGSEGV);
  REQUIRE_THAT(seen.said, test::contains("a task left its stack\nsaid twice\n"));
}

TEST_CASE("a task that recurses without end is named, whoever made its stack") {
  check_that_overflows_are_named<fiber::scheduler>();
#if defined(__x86_64__)
  check_that_overflows_are_named<fiber_asm::scheduler>();
#endif
  check_that_overflows_are_named<thread::scheduler>();
  check_that_overflows_are_named<thread_default::scheduler>();
}

TEST_CASE("a task that recurses without end is named with mapped guards, too") {
  ::setenv("SKEIN_STACK_GUARD", "mapped", 1);
  check_that_overflows_are_named<fiber::scheduler>();
  ::unsetenv("SKEIN_STACK_GUARD");
}

/// What becomes of a loop whose one task recurses without end.
class recursing_program final : public workloads::program {
 public:
  void run(inbox& messages) override {
    scheduler_.spawn([this] { deepest_ = recurse(0); });
    scheduler_.run(messages);
  }
  void stop() override { scheduler_.stop(); }
  workloads::work_counts counts() const override { return {}; }
  live_counts live() const override { return scheduler_.live(); }

 private:
  fiber::scheduler scheduler_{small_options()};
  volatile std::uint64_t deepest_ = 0;
};

/// An inbox to which nothing comes.
class silent_inbox final : public inbox {
 public:
  int descriptor() const noexcept override { return -1; }  // poll(2) passes it over
  void on_readable() noexcept override {}
};

TEST_CASE("a task that recurses without end is named on each of several loops") {
  const ending seen = end_of([] {
    c10k::parameters asked{};
    asked.options = test::options_for(2 + 8);
    asked.connections = 2;
    asked.loops = 2;
    c10k::sharded_program program(
        asked, [](const c10k::parameters&) { return std::make_unique<recursing_program>(); });
    silent_inbox inbox;
    program.run(inbox);
  });
  REQUIRE(seen.signal == SIGSEGV);
  REQUIRE_THAT(seen.said, test::contains("a task left its stack\nsaid twice\n"));
}

TEST_CASE("a crash that is no overflow is not called one") {
  const ending seen = end_of([] {
    fiber::scheduler scheduler(small_options());
    scheduler.spawn([] {
      volatile int* volatile nowhere = nullptr;
      *nowhere = 1;
    });
    scheduler.run();
  });
  REQUIRE(seen.signal == SIGSEGV);
  REQUIRE(seen.said.empty());
}

TEST_CASE("a task that stays on its stack is not disturbed by the reporting") {
  const ending seen = end_of([] {
    thread::scheduler scheduler(small_options());
    for (int i = 0; i < 8; ++i) scheduler.spawn([&scheduler] { scheduler.yield(); });
    scheduler.run();
  });
  REQUIRE(seen.signal == 0);
  REQUIRE(seen.said.empty());
}

}  // namespace
}  // namespace skein

#endif
