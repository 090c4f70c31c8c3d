// When every timer of the timers workload is due, and what each adds to the checksum. Both are
// functions of (seed, task, turn), so nothing is stored per task and the oracle needs no run.
// harness/PROTOCOL.md has the formulas; a worker in another language repeats them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "runtimes/clock.hpp"
#include "workloads/program.hpp"
#include "workloads/timers/parameters.hpp"

namespace skein::timers {

// The patterns:
//   spread    one deadline each, evenly distributed over the window, in random order
//   storm     one deadline for all, at the end of the window
//   periodic  each wakes again and again, with a period of its own
//   churn     armed, then cancelled by another task, as timeouts are; a few are left to fire

/// The timer wheel's tick, chosen so that all deadlines of the grid lie on it: the usual one, or
/// less for a finer grid, down to 100 us.
time_ns tick_for(time_ns grid_ns, time_ns usual_ns) noexcept;

/// What makes the cell impossible; empty where nothing does. Churn needs a second task to cancel
/// the first, and enough grid steps in the window for its rounds.
std::string objection(const cell& asked);

/// splitmix64's finaliser (Steele, Lea, Flood 2014): a bijection that scatters consecutive numbers.
constexpr std::uint64_t scatter(std::uint64_t value) noexcept {
  value += 0x9e3779b97f4a7c15;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

/// What task `index` adds to the checksum for one turn: `value` is the deadline's offset from the
/// epoch for a timer that fired, cancelled_turn(turn) for one that was cancelled.
std::uint64_t fingerprint(std::size_t index, time_ns value) noexcept;

/// The oracle: the counts of a run in which everything was done exactly once and nothing else was
/// done.
workloads::work_counts expected(const parameters& asked);

/// How many timers of the run fire, and so how many values the lateness histogram must hold.
std::uint64_t expected_fires(const parameters& asked);

// --- spread and storm -----------------------------------------------------------------------

/// When sleeper `index` is due, counted from the epoch: in (0, window], a multiple of the grid.
time_ns offset_ns(const parameters& asked, std::size_t index) noexcept;

// --- periodic -------------------------------------------------------------------------------

/// Wake number k, from 0, is due phase + k * period after the epoch, however late the previous one
/// was. All are multiples of the grid, and the last is inside the window.
struct rhythm {
  time_ns phase_ns;   ///< in (0, period]
  time_ns period_ns;  ///< between a sixteenth and a quarter of the window
  std::uint64_t turns;
};
rhythm rhythm_of(const parameters& asked, std::size_t index) noexcept;

// --- churn ----------------------------------------------------------------------------------

/// Tasks form groups: the last task of each group, and the last task of all, cancels for the
/// others.
inline constexpr std::size_t churn_group = 16;
/// How often each of the others arms its timer.
inline constexpr std::uint32_t churn_rounds = 8;
/// One timer in this many is left to fire; otherwise a runtime that arms nothing would pass.
inline constexpr std::uint64_t churn_fires_one_in = 16;
/// How far beyond the end of the window the deadline of a timer lies that will be cancelled: so far
/// that firing is a mistake.
inline constexpr time_ns churn_timeout_ns = 30 * ns_per_s;
/// A round needs a grid step for its fire that is neither its first nor its last.
inline constexpr time_ns churn_least_steps = 2 * (churn_rounds + 1);

bool is_canceller(const parameters& asked, std::size_t index) noexcept;
/// The first task of the group of task `index`.
constexpr std::size_t group_begin(std::size_t index) noexcept {
  return index - index % churn_group;
}

/// When round `round` of task `index` begins, counted from the epoch. The group's canceller ends
/// round r when round r + 1 begins.
time_ns beat_ns(const parameters& asked, std::size_t index, std::uint32_t round) noexcept;

/// True where the timer of this round is not cancelled; it is due at churn_fire_ns.
bool left_to_fire(const parameters& asked, std::size_t index, std::uint32_t round) noexcept;
/// When that timer is due, counted from the epoch: strictly inside the round.
time_ns churn_fire_ns(const parameters& asked, std::size_t index, std::uint32_t round) noexcept;

/// The value that a cancelled turn has in place of an offset. It is negative, and no offset is.
constexpr time_ns cancelled_turn(std::uint32_t round) noexcept {
  return -1 - time_ns{round};
}

}  // namespace skein::timers
