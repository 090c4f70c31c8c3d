#include "harness/micro/timer_load.hpp"

#include <numeric>
#include <random>
#include <utility>

namespace skein::micro {

namespace {

constexpr std::uint64_t seed = 1;

/// 0 .. bound - 1. For bounds this small the bias of the modulo is beyond measuring, and unlike the
/// standard distributions the result is the same with every library.
std::uint64_t below(std::mt19937_64& random, std::uint64_t bound) {
  return random() % bound;
}

}  // namespace

const char* name_of(timer_step step) noexcept {
  switch (step) {
    case timer_step::insert:
      return "timer_insert";
    case timer_step::cancel:
      return "timer_cancel";
    case timer_step::expire:
      break;
  }
  return "timer_expire";
}

timer_load::timer_load(std::size_t timers, time_ns window)
    : window_ns(window), offsets_ns(timers), cancel_order(timers) {
  std::mt19937_64 random(seed);
  const auto window_ms = static_cast<std::uint64_t>(window / ns_per_ms);
  for (time_ns& offset_ns : offsets_ns) {
    offset_ns = static_cast<time_ns>(1 + below(random, window_ms)) * ns_per_ms;
  }
  std::iota(cancel_order.begin(), cancel_order.end(), std::size_t{0});
  for (std::size_t left = timers; left > 1; --left) {
    std::swap(cancel_order[left - 1], cancel_order[below(random, left)]);
  }
}

}  // namespace skein::micro
