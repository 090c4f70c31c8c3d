// Patterns spread and storm: sleepers that wake once each. The task bodies call this the context.
#pragma once

#include <cstddef>

#include "runtimes/clock.hpp"
#include "runtimes/scheduler.hpp"
#include "workloads/timers/schedule.hpp"
#include "workloads/timers/timer_counts.hpp"

namespace skein::timers {

/// Shared by all sleepers of a run.
template <workloads::tasks_on Threads>
class sleepers {
 public:
  explicit sleepers(const parameters& asked) : asked_(asked), counts_(task_count(asked)) {}

  /// Deadlines count from here, rounded up to the grid. Set before the first task is spawned.
  void set_epoch(time_ns epoch_ns) noexcept { epoch_ns_ = epoch_on_grid(asked_, epoch_ns); }

  time_ns due_ns(std::size_t index) const noexcept { return epoch_ns_ + offset_ns(asked_, index); }

  /// Sleeper `index` woke. A cancelled one did no work and is not counted.
  void fired(std::size_t index, time_ns now_ns, wake how) noexcept {
    if (how == wake::cancelled) return;
    const time_ns offset = offset_ns(asked_, index);
    counts_.fired(index, offset, now_ns - (epoch_ns_ + offset));
  }

  timer_counts<Threads>& done() noexcept { return counts_; }
  const timer_counts<Threads>& done() const noexcept { return counts_; }

 private:
  const parameters asked_;
  time_ns epoch_ns_ = 0;
  timer_counts<Threads> counts_;
};

}  // namespace skein::timers
