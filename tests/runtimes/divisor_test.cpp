// Division by multiplication gives what the processor's division gives, at every edge.
#include "runtimes/loop/divisor.hpp"

#include <cstdint>
#include <limits>
#include <random>

#include "tests/catch.hpp"

namespace skein {
namespace {

constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();

TEST_CASE("a divisor divides as the processor does, next to each multiple and at the ends") {
  const auto by = GENERATE(std::uint64_t{1}, 2, 3, 7, 64, 1'000, 100'000, 1'000'000, 1'048'576,
                           1'000'000'000, largest / 2, largest / 2 + 1, largest - 1, largest);
  const divisor d(by);
  REQUIRE(d.value() == by);
  std::mt19937_64 random(by);
  for (int i = 0; i < 2'000; ++i) {
    const std::uint64_t any = random() >> (random() % 64);
    for (const std::uint64_t number : {any, any / by * by, any / by * by - 1, largest - any}) {
      REQUIRE(number / d == number / by);
    }
  }
  REQUIRE(std::uint64_t{0} / d == 0);
  REQUIRE(largest / d == largest / by);
}

}  // namespace
}  // namespace skein
