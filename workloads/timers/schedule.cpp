#include "workloads/timers/schedule.hpp"

#include <algorithm>
#include <numeric>
#include <string>

namespace skein::timers {

namespace {

std::uint64_t steps_of(const parameters& asked) noexcept {
  return static_cast<std::uint64_t>(asked.window_ns / asked.grid_ns);
}

time_ns on_grid(const parameters& asked, std::uint64_t steps) noexcept {
  return static_cast<time_ns>(steps) * asked.grid_ns;
}

/// The pseudo-random number `which` of task `index`.
std::uint64_t draw(const parameters& asked, std::size_t index, std::uint64_t which) noexcept {
  return scatter(scatter(asked.seed ^ scatter(index)) + which);
}

std::uint64_t round_steps(const parameters& asked) noexcept {
  return steps_of(asked) / (churn_rounds + 1);
}

void add_periodic(const parameters& asked, std::size_t index, workloads::work_counts& counts) {
  const rhythm own = rhythm_of(asked, index);
  for (std::uint64_t turn = 0; turn < own.turns; ++turn) {
    const time_ns offset = own.phase_ns + static_cast<time_ns>(turn) * own.period_ns;
    counts.checksum += fingerprint(index, offset);
  }
  counts.units += own.turns;
}

void add_churn(const parameters& asked, std::size_t index, workloads::work_counts& counts) {
  if (is_canceller(asked, index)) return;
  for (std::uint32_t round = 0; round < churn_rounds; ++round) {
    const time_ns value = left_to_fire(asked, index, round) ? churn_fire_ns(asked, index, round)
                                                            : cancelled_turn(round);
    counts.checksum += fingerprint(index, value);
  }
  counts.units += churn_rounds;
}

void add_once(const parameters& asked, std::size_t index, workloads::work_counts& counts) {
  ++counts.units;
  counts.checksum += fingerprint(index, offset_ns(asked, index));
}

}  // namespace

time_ns tick_for(time_ns grid_ns, time_ns usual_ns) noexcept {
  constexpr time_ns finest_ns = 100 * ns_per_us;
  return std::max(std::gcd(grid_ns, usual_ns), finest_ns);
}

std::string objection(const cell& asked) {
  if (asked.pattern != pattern::churn) return {};
  if (asked.tasks < 2) return "--tasks: pattern churn needs at least 2";
  if (asked.window_ns >= churn_least_steps * asked.grid_ns) return {};
  return "--window: too short for pattern churn, which needs " + std::to_string(churn_least_steps) +
         " times the grid";
}

std::uint64_t fingerprint(std::size_t index, time_ns value) noexcept {
  return scatter(scatter(index) ^ static_cast<std::uint64_t>(value));
}

workloads::work_counts expected(const parameters& asked) {
  workloads::work_counts counts;
  for (std::size_t index = 0; index < task_count(asked); ++index) {
    switch (asked.pattern) {
      case pattern::periodic:
        add_periodic(asked, index, counts);
        break;
      case pattern::churn:
        add_churn(asked, index, counts);
        break;
      case pattern::spread:
      case pattern::storm:
        add_once(asked, index, counts);
        break;
    }
  }
  return counts;
}

std::uint64_t expected_fires(const parameters& asked) {
  if (asked.pattern != pattern::churn) return expected(asked).units;
  std::uint64_t fires = 0;
  for (std::size_t index = 0; index < task_count(asked); ++index) {
    if (is_canceller(asked, index)) continue;
    for (std::uint32_t round = 0; round < churn_rounds; ++round) {
      if (left_to_fire(asked, index, round)) ++fires;
    }
  }
  return fires;
}

// --- spread and storm -----------------------------------------------------------------------

time_ns offset_ns(const parameters& asked, std::size_t index) noexcept {
  const std::uint64_t steps = steps_of(asked);
  if (asked.pattern == pattern::storm) return on_grid(asked, steps);
  return on_grid(asked, scatter(asked.seed ^ scatter(index)) % steps + 1);
}

// --- periodic -------------------------------------------------------------------------------

rhythm rhythm_of(const parameters& asked, std::size_t index) noexcept {
  const std::uint64_t steps = steps_of(asked);
  const std::uint64_t least = std::max<std::uint64_t>(steps / 16, 1);
  const std::uint64_t most = std::max(steps / 4, least);
  const std::uint64_t period = least + draw(asked, index, 1) % (most - least + 1);
  const std::uint64_t phase = 1 + draw(asked, index, 2) % period;
  return {on_grid(asked, phase), on_grid(asked, period), (steps - phase) / period + 1};
}

// --- churn ----------------------------------------------------------------------------------

bool is_canceller(const parameters& asked, std::size_t index) noexcept {
  return index % churn_group == churn_group - 1 || index + 1 == task_count(asked);
}

time_ns beat_ns(const parameters& asked, std::size_t index, std::uint32_t round) noexcept {
  const std::uint64_t steps = round_steps(asked);
  const std::uint64_t phase = draw(asked, group_begin(index), churn_rounds) % steps;
  return on_grid(asked, phase + round * steps);
}

bool left_to_fire(const parameters& asked, std::size_t index, std::uint32_t round) noexcept {
  return draw(asked, index, round) % churn_fires_one_in == 0;
}

time_ns churn_fire_ns(const parameters& asked, std::size_t index, std::uint32_t round) noexcept {
  const std::uint64_t inside =
      1 + draw(asked, index, round) / churn_fires_one_in % (round_steps(asked) - 1);
  return beat_ns(asked, index, round) + on_grid(asked, inside);
}

}  // namespace skein::timers
