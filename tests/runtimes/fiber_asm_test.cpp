// The risks of a switch of our own: registers, exceptions, backtraces, floating-point modes.
// Stacks, colours and scheduling are the fiber runtime's, tested in fiber_test.cpp.
#include "runtimes/fiber_asm/scheduler.hpp"

#if defined(__x86_64__)

#include <array>
#include <cfenv>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <unwind.h>
#include <vector>

#include "tests/catch.hpp"

namespace skein {
namespace {

using asm_scheduler = fiber_asm::scheduler;

scheduler_options options_for(std::size_t max_tasks) {
  return {.buffer = buffer_policy::lent,
          .buffer_bytes = 1024,
          .stack_bytes = 16384,
          .max_tasks = max_tasks,
          .inline_budget = 128,
          .events_per_wait = 64,
          .tick_ns = ns_per_ms};
}

/// More live values than there are registers, of both kinds, across a switch.
template <class Yield>
bool values_survive(std::uint64_t seed, Yield&& yield) {
  std::array<std::uint64_t, 24> whole{};
  std::array<double, 24> real{};
  for (std::size_t i = 0; i < whole.size(); ++i) {
    whole[i] = seed * 31 + i;
    real[i] = static_cast<double>(seed) + static_cast<double>(i) / 7;
  }
  std::uint64_t a = whole[0], b = whole[1], c = whole[2], d = whole[3], e = whole[4], f = whole[5];
  double u = real[0], v = real[1], w = real[2], x = real[3];
  for (int round = 0; round < 50; ++round) {
    yield();
    a += b ^ c;
    d += e ^ f;
    b = a + d;
    u += v * w;
    x += u / 3;
  }
  // The same, without a switch in between.
  std::uint64_t a2 = whole[0], b2 = whole[1], d2 = whole[3];
  double u2 = real[0], x2 = real[3];
  for (int round = 0; round < 50; ++round) {
    a2 += b2 ^ whole[2];
    d2 += whole[4] ^ whole[5];
    b2 = a2 + d2;
    u2 += real[1] * real[2];
    x2 += u2 / 3;
  }
  return a == a2 && b == b2 && d == d2 && u == u2 && x == x2;
}

TEST_CASE("what a fiber holds in registers survives our own switch") {
  constexpr std::size_t fibers = 100;
  asm_scheduler scheduler(options_for(fibers));
  std::size_t intact = 0;
  for (std::size_t i = 0; i < fibers; ++i) {
    scheduler.spawn([&, i] {
      if (values_survive(i, [&] { scheduler.yield(); })) ++intact;
    });
  }
  scheduler.run();
  REQUIRE(intact == fibers);
}

TEST_CASE("exceptions are thrown and caught on stacks that our own switch left in between") {
  constexpr std::size_t fibers = 200;
  asm_scheduler scheduler(options_for(fibers));
  std::size_t caught = 0;
  const auto throws_after_a_switch = [&scheduler](std::size_t i) {
    scheduler.yield();
    throw std::runtime_error(std::to_string(i));
  };
  for (std::size_t i = 0; i < fibers; ++i) {
    scheduler.spawn([&, i] {
      std::string message;
      try {
        throws_after_a_switch(i);
      } catch (const std::runtime_error& error) {
        message = error.what();
      }
      scheduler.yield();  // outside the handler: switching inside one is forbidden
      if (message == std::to_string(i)) ++caught;
    });
  }
  scheduler.run();
  REQUIRE(caught == fibers);
}

TEST_CASE("unwinding a fiber ends at its first frame") {
  asm_scheduler scheduler(options_for(1));
  int frames = 0;
  _Unwind_Reason_Code end = _URC_NO_REASON;
  scheduler.spawn([&] {
    scheduler.yield();
    end = _Unwind_Backtrace(
        [](_Unwind_Context*, void* count) {
          auto& seen = *static_cast<int*>(count);
          return ++seen < 100 ? _URC_NO_REASON : _URC_NORMAL_STOP;
        },
        &frames);
  });
  scheduler.run();
  REQUIRE(end == _URC_END_OF_STACK);
  REQUIRE(frames >= 1);
  REQUIRE(frames < 20);
}

TEST_CASE("rounding is the thread's: what a fiber sets holds until it is set back") {
  asm_scheduler scheduler(options_for(2));
  int seen_by_other = -1;
  const int before = std::fegetround();
  scheduler.spawn([&] {
    std::fesetround(FE_UPWARD);
    scheduler.yield();
    std::fesetround(before);
  });
  scheduler.spawn([&] { seen_by_other = std::fegetround(); });
  scheduler.run();
  REQUIRE(seen_by_other == FE_UPWARD);
  REQUIRE(std::fegetround() == before);
}

TEST_CASE("frames on our own stacks are aligned as the ABI wants them") {
  asm_scheduler scheduler(options_for(8));
  std::vector<std::uintptr_t> aligned;
  for (int i = 0; i < 8; ++i) {
    scheduler.spawn([&] {
      alignas(16) volatile char local[32];
      local[0] = 1;
      aligned.push_back(reinterpret_cast<std::uintptr_t>(&local[0]) % 16);
    });
  }
  scheduler.run();
  REQUIRE(aligned == std::vector<std::uintptr_t>(8, 0));
}

}  // namespace
}  // namespace skein

#endif
