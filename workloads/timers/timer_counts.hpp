// The result of a run's timers: how many turns are done, their checksum, how late the fired ones
// were, and the callback for when all are done. Every pattern's context writes into one, and that
// of the workload hog, which has one unit more.
#pragma once

#include <cstdint>

#include "histogram/histogram.hpp"
#include "runtimes/clock.hpp"
#include "workloads/program.hpp"
#include "workloads/tally.hpp"
#include "workloads/timers/schedule.hpp"

namespace skein::timers {

template <workloads::tasks_on Threads>
class timer_counts {
 public:
  /// `turns`: the units of the whole run.
  explicit timer_counts(std::uint64_t turns) : turns_(turns) {}

  void on_finished(void (*notify)(void*), void* argument) noexcept {
    notify_ = notify;
    argument_ = argument;
  }

  /// A timer of task `index` fired, which was due at `offset` after the epoch.
  void fired(std::size_t index, time_ns offset, time_ns lateness_ns) noexcept {
    if constexpr (Threads == workloads::tasks_on::one_thread) {
      lateness_.record_signed(lateness_ns);
    } else {
      lateness_.record_signed_concurrent(lateness_ns);
    }
    done(fingerprint(index, offset));
  }

  /// The timer of a churn round was cancelled before it was due.
  void cancelled(std::size_t index, std::uint32_t round) noexcept {
    done(fingerprint(index, cancelled_turn(round)));
  }

  /// Work that is no timer was done, with this outcome.
  void computed(std::uint64_t outcome) noexcept { done(outcome); }

  /// A timer ended in a way that it must not. The turn still counts, or the run would never end.
  void wrong() noexcept {
    errors_.add(1);
    done(0);
  }

  /// A task woke, and what it held across its wait was not as it had been. Counts as above.
  void damaged() noexcept {
    damaged_.add(1);
    done(0);
  }

  bool finished() const noexcept { return done_.get() == turns_; }
  const histogram& lateness() const noexcept { return lateness_; }

  workloads::work_counts counts() const {
    const std::uint64_t damaged = damaged_.get();
    const std::uint64_t errors = errors_.get() + damaged;
    return {.units = done_.get(),
            .bytes = 0,
            .checksum = checksum_.get(),
            .errors = errors,
            .first_error = damaged > 0  ? "what a task held across its wait has changed"
                           : errors > 0 ? "a timer fired that was to be cancelled"
                                        : ""};
  }

 private:
  void done(std::uint64_t print) noexcept {
    checksum_.add(print);
    if (done_.add_and_get(1) == turns_ && notify_ != nullptr) notify_(argument_);
  }

  const std::uint64_t turns_;
  workloads::tally<Threads> done_;
  workloads::tally<Threads> checksum_;
  workloads::tally<Threads> errors_;
  workloads::tally<Threads> damaged_;
  histogram lateness_;
  void (*notify_)(void*) = nullptr;
  void* argument_ = nullptr;
};

/// The epoch that deadlines count from, rounded up to the grid.
inline time_ns epoch_on_grid(const parameters& asked, time_ns epoch_ns) noexcept {
  return (epoch_ns + asked.grid_ns - 1) / asked.grid_ns * asked.grid_ns;
}

}  // namespace skein::timers
