// The fiber runtime's own risks: stacks, switches and what they must leave alone. What all runtimes
// share is tested in tests/contract.
#include <array>
#include <cfenv>
#include <cmath>
#include <csignal>
#include <cstring>
#include <memory>
#include <set>
#include <stdexcept>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "runtimes/errors.hpp"
#include "runtimes/fiber/scheduler.hpp"
#include "tests/catch.hpp"
#include "tests/options.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace skein {
namespace {

using test::options_for;

using fiber_scheduler = fiber::scheduler;

#ifdef SKEIN_SANITIZED
constexpr std::size_t many = 2'000;
#else
constexpr std::size_t many = 100'000;
#endif

std::uintptr_t stack_page() {
  const volatile char here = 0;
  return reinterpret_cast<std::uintptr_t>(&here) / 4096;
}

TEST_CASE("fibers that run one after the other use one stack") {
  fiber_scheduler scheduler(options_for(100));
  std::set<std::uintptr_t> stacks;
  for (int i = 0; i < 50; ++i) {
    scheduler.spawn([&] { stacks.insert(scheduler.stacks().in_use()); });
    scheduler.run();
  }
  REQUIRE(stacks == std::set<std::uintptr_t>{1});
  REQUIRE(scheduler.live().tasks == 0);
}

TEST_CASE("the stack of the fiber that ended last is used first") {
  fiber_scheduler scheduler(options_for(100));
  std::uintptr_t ended_last = 0;
  for (int i = 0; i < 3; ++i) scheduler.spawn([&] { ended_last = stack_page(); });
  scheduler.run();
  std::uintptr_t first = 0;
  scheduler.spawn([&] { first = stack_page(); });
  scheduler.run();
  // Sanitizers may keep locals elsewhere than on the stack.
#ifndef SKEIN_SANITIZED
  REQUIRE(first == ended_last);
#endif
}

TEST_CASE("many fibers wait at once, each on its own stack with its own locals") {
  fiber_scheduler scheduler(options_for(many));
  std::size_t intact = 0;
  for (std::size_t i = 0; i < many; ++i) {
    scheduler.spawn([&scheduler, &intact, i] {
      std::array<std::size_t, 32> locals{};
      locals.fill(i);
      scheduler.yield();
      scheduler.sleep_until(monotonic_clock::now_ns() + ns_per_ms);
      scheduler.yield();
      bool same = true;
      for (const std::size_t each : locals) same = same && each == i;
      if (same) ++intact;
    });
  }
  REQUIRE(scheduler.live().tasks == many);
  scheduler.run();
  REQUIRE(intact == many);
  REQUIRE(scheduler.stacks().in_use() == 0);
}

TEST_CASE("floating-point values and modes stay a fiber's own across switches") {
  fiber_scheduler scheduler(options_for(10));
  std::array<double, 4> sums{};
  int rounding_kept = 0;
  constexpr std::array<int, 4> modes{FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO};
  for (std::size_t i = 0; i < sums.size(); ++i) {
    scheduler.spawn([&, i] {
      std::fesetround(modes[i]);
      double sum = 0;
      for (int step = 1; step <= 1000; ++step) {
        sum += std::sqrt(static_cast<double>(step)) * static_cast<double>(i + 1);
        scheduler.yield();
      }
      sums[i] = sum;
      if (std::fegetround() == modes[i]) ++rounding_kept;
    });
  }
  const int before = std::fegetround();
  scheduler.run();
  REQUIRE(std::fegetround() == before);
  REQUIRE(rounding_kept == 4);
  double expected = 0;
  for (int step = 1; step <= 1000; ++step) expected += std::sqrt(static_cast<double>(step));
  for (std::size_t i = 0; i < sums.size(); ++i) {
    REQUIRE(sums[i] == test::approx(expected * static_cast<double>(i + 1)));
  }
}

#if defined(__x86_64__)
constexpr unsigned sticky = 0x3f;

void calculate_inexactly() {
  volatile double third = 1.0;
  third = third / 3.0;
}

TEST_CASE("a fiber's floating-point operation leaves no sticky flag to slow switches down") {
  fiber_scheduler scheduler(options_for(10));
  unsigned sticky_seen = 0;
  bool operation_sets_a_flag = false;
  scheduler.spawn([&] {
    for (int i = 0; i < 10; ++i) {
      calculate_inexactly();
      operation_sets_a_flag = (_mm_getcsr() & sticky) != 0;
      scheduler.yield();
      sticky_seen |= _mm_getcsr() & sticky;  // what was saved at the switch was clear, too
    }
  });
  scheduler.spawn([&] {
    for (int i = 0; i < 10; ++i) {
      sticky_seen |= _mm_getcsr() & sticky;
      scheduler.yield();
    }
  });
  scheduler.run();
  REQUIRE(operation_sets_a_flag);
  REQUIRE(sticky_seen == 0);
}

/// Calculates whenever it is called, on the loop's stack, and remembers the flags it found there.
class calculating_inbox final : public inbox {
 public:
  calculating_inbox() : event_(checked(::eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")) {}
  ~calculating_inbox() override { ::close(event_); }

  int descriptor() const noexcept override { return event_; }
  void on_readable() noexcept override {
    found_ |= _mm_getcsr() & sticky;
    calculate_inexactly();
    ++calls_;
  }
  unsigned found() const noexcept { return found_; }
  int calls() const noexcept { return calls_; }

 private:
  int event_;  // never drained: the loop calls once a turn
  unsigned found_ = 0;
  int calls_ = 0;
};

TEST_CASE("what the inbox calculates on the loop's stack leaves no sticky flag there") {
  calculating_inbox inbox;
  fiber_scheduler scheduler(options_for(10));
  unsigned seen_by_fiber = 0;
  scheduler.spawn([&] {
    while (inbox.calls() < 5) {
      scheduler.sleep_until(monotonic_clock::now_ns() + ns_per_ms);
      seen_by_fiber |= _mm_getcsr() & sticky;
    }
    scheduler.stop();
  });
  scheduler.run(inbox);
  REQUIRE(inbox.calls() >= 5);
  REQUIRE(inbox.found() == 0);
  REQUIRE(seen_by_fiber == 0);
}
#endif

TEST_CASE("neighbouring stacks begin at different cache lines, within half a page of their tops") {
  constexpr std::size_t fibers = 64;
  fiber_scheduler scheduler(options_for(fibers));
  std::array<std::size_t, fibers> offsets{};
  for (std::size_t i = 0; i < fibers; ++i) {
    scheduler.spawn([&offsets, i] {
      offsets[i] = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)) % 4096;
    });
  }
  scheduler.run();
#ifndef SKEIN_SANITIZED
  const std::set<std::size_t> different(offsets.begin(), offsets.end());
  REQUIRE(different.size() == fiber::colours);
  REQUIRE(*different.rbegin() - *different.begin() == fiber::most_colour_bytes);
  REQUIRE(*different.begin() > 1024);  // left for the frames of a task in its top page
  for (std::size_t i = 1; i < fibers; ++i) REQUIRE(offsets[i] != offsets[i - 1]);
#endif
}

TEST_CASE("one fiber above the ceiling is refused as a limit, and fits once another has ended") {
  fiber_scheduler scheduler(options_for(2));
  int ran = 0;
  scheduler.spawn([&] { ++ran; });
  scheduler.spawn([&] { ++ran; });
  REQUIRE_THROWS_AS(scheduler.spawn([&] { ++ran; }), limit_error);
  scheduler.run();
  REQUIRE(ran == 2);
  scheduler.spawn([&] { ++ran; });
  scheduler.run();
  REQUIRE(ran == 3);
}

TEST_CASE("what a fiber was given is moved to it and destroyed once, when it has ended") {
  fiber_scheduler scheduler(options_for(4));
  const auto given = std::make_shared<int>(7);
  int seen = 0;
  scheduler.spawn([copy = given, &seen] { seen = *copy; });
  REQUIRE(given.use_count() == 2);
  scheduler.run();
  REQUIRE(seen == 7);
  REQUIRE(given.use_count() == 1);
}

TEST_CASE("work whose copy throws leaves no fiber and no stack behind") {
  struct refuses_to_be_copied {
    refuses_to_be_copied() = default;
    refuses_to_be_copied(const refuses_to_be_copied&) { throw std::runtime_error("copied"); }
    refuses_to_be_copied& operator=(const refuses_to_be_copied&) = delete;
    void operator()() const {}
  };
  fiber_scheduler scheduler(options_for(4));
  const refuses_to_be_copied work;
  REQUIRE_THROWS_AS(scheduler.spawn(work), std::runtime_error);
  REQUIRE(scheduler.live().tasks == 0);
  scheduler.run();
}

TEST_CASE("work that is larger than usual or aligned more strictly fits on the stack") {
  struct alignas(64) large {
    std::array<std::byte, 2000> room{};
    bool* aligned;
    void operator()() const { *aligned = reinterpret_cast<std::uintptr_t>(this) % 64 == 0; }
  };
  fiber_scheduler scheduler(options_for(4));
  bool aligned = false;
  large work{};
  work.aligned = &aligned;
  scheduler.spawn(work);
  scheduler.run();
  REQUIRE(aligned);
}

#ifndef SKEIN_SANITIZED
TEST_CASE("a fiber that leaves its stack ends the process and not its neighbour") {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    std::signal(SIGSEGV, SIG_DFL);  // the test framework's handler would report
    fiber_scheduler scheduler(options_for(4));
    for (int i = 0; i < 3; ++i) {
      scheduler.spawn([] {
        const char here = 0;
        const auto top = reinterpret_cast<std::uintptr_t>(&here);
        for (std::uintptr_t depth = 64; depth < 65536; depth += 1024) {
          *reinterpret_cast<volatile char*>(top - depth) = 1;
        }
      });
    }
    scheduler.run();
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  REQUIRE(WTERMSIG(status) == SIGSEGV);
}

TEST_CASE("all of the stack that was asked for but a page can be used, whatever its colour") {
  fiber_scheduler scheduler(options_for(fiber::colours));
  std::size_t written_bytes = 0;
  for (std::size_t i = 0; i < fiber::colours; ++i) {
    scheduler.spawn([&] {
      std::array<volatile char, 12 * 1024> room;
      for (volatile char& each : room) each = 1;
      written_bytes += room.size();
    });
  }
  scheduler.run();
  REQUIRE(written_bytes == fiber::colours * 12 * 1024);
}
#endif

}  // namespace
}  // namespace skein
