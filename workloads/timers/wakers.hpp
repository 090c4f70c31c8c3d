// Pattern periodic: tasks that wake again and again, each with a period of its own. Deadlines are
// absolute: a late wake does not move the next deadline, so lateness neither adds up nor hides.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtimes/clock.hpp"
#include "runtimes/scheduler.hpp"
#include "workloads/timers/schedule.hpp"
#include "workloads/timers/timer_counts.hpp"

namespace skein::timers {

/// Shared by all tasks of a run; the task bodies call it the context.
template <workloads::tasks_on Threads>
class wakers {
 public:
  explicit wakers(const parameters& asked) : asked_(asked), counts_(expected(asked).units) {}

  /// As in sleepers.hpp.
  void set_epoch(time_ns epoch_ns) noexcept { epoch_ns_ = epoch_on_grid(asked_, epoch_ns); }

  /// How often task `index` wakes.
  std::uint64_t turns(std::size_t index) const noexcept { return rhythm_of(asked_, index).turns; }

  time_ns due_ns(std::size_t index, std::uint64_t turn) const noexcept {
    return epoch_ns_ + offset(index, turn);
  }

  /// Task `index` woke for wake number `turn`. Returns the number of the next wake, or turns(index)
  /// when the task is done.
  std::uint64_t woke(std::size_t index, std::uint64_t turn, time_ns now_ns, wake how) noexcept {
    if (how == wake::cancelled) return turns(index);
    const time_ns due = offset(index, turn);
    counts_.fired(index, due, now_ns - (epoch_ns_ + due));
    return turn + 1;
  }

  timer_counts<Threads>& done() noexcept { return counts_; }
  const timer_counts<Threads>& done() const noexcept { return counts_; }

 private:
  time_ns offset(std::size_t index, std::uint64_t turn) const noexcept {
    const rhythm own = rhythm_of(asked_, index);
    return own.phase_ns + static_cast<time_ns>(turn) * own.period_ns;
  }

  const parameters asked_;
  time_ns epoch_ns_ = 0;
  timer_counts<Threads> counts_;
};

}  // namespace skein::timers
