// When the timers of hog are due, when its hog begins and what it computes, and what must come out.
// All of it follows from the cell and the seed, so nothing is stored for a timer. README.md has the
// formulas; a worker in another language repeats them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtimes/clock.hpp"
#include "workloads/parameters.hpp"
#include "workloads/program.hpp"
#include "workloads/timers/schedule.hpp"
#include "workloads/values.hpp"
#include "workloads/work_steps.hpp"

namespace skein::hog {

using parameters = workloads::parameters_of<cell>;

constexpr std::size_t task_count(const cell& asked) noexcept {
  return static_cast<std::size_t>(asked.tasks);
}

/// Deadlines are whole multiples of this, counted from an epoch that is one.
inline constexpr time_ns grid_ns = ns_per_ms;

constexpr time_ns epoch_on_grid(time_ns epoch_ns) noexcept {
  return (epoch_ns + grid_ns - 1) / grid_ns * grid_ns;
}

// --- the timers -----------------------------------------------------------------------------

/// From one wake of a timer to its next: so short that 1,000 timers fire often enough for a p99.
inline constexpr time_ns period_ns = 50 * ns_per_ms;

/// When a timer is first due, counted from the epoch: in (0, period].
constexpr time_ns phase_ns(std::uint64_t seed, std::size_t index) noexcept {
  constexpr auto steps = static_cast<std::uint64_t>(period_ns / grid_ns);
  return static_cast<time_ns>(workloads::value_of(seed, index) % steps + 1) * grid_ns;
}

constexpr time_ns offset_ns(std::uint64_t seed, std::size_t index, std::uint64_t turn) noexcept {
  return phase_ns(seed, index) + static_cast<time_ns>(turn) * period_ns;
}

/// How often a timer is due within the window, at least once.
inline std::uint64_t turns_of(const parameters& asked, std::size_t index) noexcept {
  return static_cast<std::uint64_t>((asked.window_ns - phase_ns(asked.seed, index)) / period_ns) +
         1;
}

inline std::uint64_t fires_of(const parameters& asked) noexcept {
  std::uint64_t fires = 0;
  for (std::size_t index = 0; index < task_count(asked); ++index) fires += turns_of(asked, index);
  return fires;
}

// --- the hog --------------------------------------------------------------------------------

constexpr bool has_hog(const cell& asked) noexcept {
  return asked.form != form::none;
}

/// When the hog begins, counted from the epoch.
constexpr time_ns begin_ns(const cell& asked) noexcept {
  return asked.window_ns / 4 / grid_ns * grid_ns;
}

constexpr std::int64_t steps_of(const cell& asked) noexcept {
  return asked.work.value_or(0);
}

/// What it computes on; 0 would stay what it is.
constexpr std::uint32_t first_word(std::uint64_t seed) noexcept {
  return static_cast<std::uint32_t>(workloads::value_of(seed, 0)) | 1U;
}

// --- the oracle -----------------------------------------------------------------------------

/// Every fire is a unit, and so is the hog's work.
inline std::uint64_t units_of(const parameters& asked) noexcept {
  return fires_of(asked) + (has_hog(asked) ? 1 : 0);
}

/// Computes what the hog does, and takes as long.
inline workloads::work_counts expected(const parameters& asked) {
  workloads::work_counts counts;
  counts.units = units_of(asked);
  for (std::size_t index = 0; index < task_count(asked); ++index) {
    const std::uint64_t turns = turns_of(asked, index);
    for (std::uint64_t turn = 0; turn < turns; ++turn) {
      counts.checksum += timers::fingerprint(index, offset_ns(asked.seed, index, turn));
    }
  }
  if (has_hog(asked)) {
    counts.checksum += workloads::work_on(first_word(asked.seed), steps_of(asked));
  }
  return counts;
}

}  // namespace skein::hog
