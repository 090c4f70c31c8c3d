// The timers of all timer benchmarks: the same deadlines and the same order of cancelling for every
// structure and runtime. Seeded, so the same in every run.
#pragma once

#include <cstddef>
#include <vector>

#include "runtimes/clock.hpp"

namespace skein::micro {

/// What a row times. Each batch arms all timers and then cancels or expires them; the watch runs
/// during one of these steps.
enum class timer_step { insert, cancel, expire };

/// "timer_insert" ...
const char* name_of(timer_step step) noexcept;

struct timer_load {
  /// Deadlines of `timers` timers, uniform over (0, window] in whole milliseconds, because libuv
  /// has no others; and a shuffled order in which to cancel them.
  timer_load(std::size_t timers, time_ns window_ns);

  std::size_t size() const noexcept { return offsets_ns.size(); }

  time_ns window_ns;
  std::vector<time_ns> offsets_ns;
  std::vector<std::size_t> cancel_order;
};

/// Wide enough that the wheel files timers on three of its levels.
inline constexpr time_ns wide_window_ns = 60 * ns_per_s;

}  // namespace skein::micro
