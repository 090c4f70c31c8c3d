// What a switch between fibers must leave alone, for every fiber runtime.
#include <array>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "runtimes/fiber/scheduler.hpp"
#include "runtimes/fiber_asm/scheduler.hpp"
#include "tests/catch.hpp"
#include "tests/options.hpp"

#if defined(__x86_64__)
#define SKEIN_FOR_EVERY_SWITCH(name) \
  TEMPLATE_TEST_CASE(name, "[fiber]", fiber::scheduler, fiber_asm::scheduler)
#else
#define SKEIN_FOR_EVERY_SWITCH(name) TEMPLATE_TEST_CASE(name, "[fiber]", fiber::scheduler)
#endif

namespace skein {
namespace {

using test::options_for;

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

SKEIN_FOR_EVERY_SWITCH("what a fiber holds in registers survives a switch") {
  constexpr std::size_t fibers = 100;
  TestType scheduler(options_for(fibers));
  std::size_t intact = 0;
  for (std::size_t i = 0; i < fibers; ++i) {
    scheduler.spawn([&, i] {
      if (values_survive(i, [&] { scheduler.yield(); })) ++intact;
    });
  }
  scheduler.run();
  REQUIRE(intact == fibers);
}

SKEIN_FOR_EVERY_SWITCH(
    "exceptions are thrown and caught inside fibers, also with switches in between") {
  constexpr std::size_t fibers = 200;
  TestType scheduler(options_for(fibers));
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

/// How far an address is from a multiple of 16. The compiler must not know where it comes from, or
/// it answers from the alignment that was declared.
std::uintptr_t misalignment(const volatile void* address) {
  asm volatile("" : "+r"(address));
  return reinterpret_cast<std::uintptr_t>(address) % 16;
}

SKEIN_FOR_EVERY_SWITCH(
    "frames are aligned as the ABI wants them, so that vector code runs on a fiber") {
  TestType scheduler(options_for(8));
  std::vector<std::uintptr_t> aligned;
  for (int i = 0; i < 8; ++i) {
    scheduler.spawn([&] {
      alignas(16) volatile char local[32];
      local[0] = 1;
      aligned.push_back(misalignment(&local[0]));
    });
  }
  scheduler.run();
  REQUIRE(aligned == std::vector<std::uintptr_t>(8, 0));
}

}  // namespace
}  // namespace skein
