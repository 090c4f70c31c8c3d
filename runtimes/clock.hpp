// The one place that reads the clock. Code that only decides by time (the timer wheel, the
// generator's window and schedule) takes times as arguments, so that tests supply theirs. Leaves
// out wall-clock time: the harness stamps that on records.
#pragma once

#include <cstdint>
#include <ctime>

namespace skein {

/// Nanoseconds. Absolute values are on CLOCK_MONOTONIC; differences are plain durations.
using time_ns = std::int64_t;

inline constexpr time_ns ns_per_us = 1'000;
inline constexpr time_ns ns_per_ms = 1'000'000;
inline constexpr time_ns ns_per_s = 1'000'000'000;

/// CLOCK_MONOTONIC, the clock all deadlines and lateness figures are on. Thread-safe, never fails
/// (the clock is mandatory on Linux).
struct monotonic_clock {
  static time_ns now_ns() noexcept {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<time_ns>(now.tv_sec) * ns_per_s + now.tv_nsec;
  }
};

}  // namespace skein
