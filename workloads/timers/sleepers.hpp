// The sleepers of the timers workload: when each is due, and what became of it. Deadlines are a
// function of (seed, index), so nothing is stored per task and the oracle needs no run.
#pragma once

#include <cstddef>
#include <cstdint>

#include "harness/measure/histogram.hpp"
#include "runtimes/clock.hpp"
#include "runtimes/scheduler.hpp"
#include "workloads/program.hpp"
#include "workloads/tally.hpp"

namespace skein::timers {

enum class pattern : std::uint8_t {
  spread,  ///< deadlines evenly distributed over the window, in random order
  storm,   ///< one deadline for all, at the end of the window
};

/// Throws std::invalid_argument for another name.
pattern pattern_named(std::string_view name);

/// splitmix64's finaliser (Steele, Lea, Flood 2014): a bijection that scatters consecutive numbers.
constexpr std::uint64_t scatter(std::uint64_t value) noexcept {
  value += 0x9e3779b97f4a7c15;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

/// When sleeper `index` is due, counted from the epoch: in (0, window], a multiple of the grid.
time_ns offset_ns(const workloads::parameters& asked, pattern how, std::size_t index) noexcept;

/// What sleeper `index` adds to the checksum when it woke at its own deadline and no other's.
std::uint64_t fingerprint(std::size_t index, time_ns offset) noexcept;

/// The oracle: the counts of a run in which every sleeper woke once.
workloads::work_counts expected(const workloads::parameters& asked);

/// Shared by all sleepers of a run; what the bodies call the context.
template <workloads::tasks_on Threads>
class sleepers {
 public:
  explicit sleepers(const workloads::parameters& asked)
      : asked_(asked), pattern_(pattern_named(asked.pattern)) {}

  /// Deadlines count from here, rounded up to the grid. Set before the first task is spawned.
  void set_epoch(time_ns epoch_ns) noexcept {
    epoch_ns_ = (epoch_ns + asked_.grid_ns - 1) / asked_.grid_ns * asked_.grid_ns;
  }
  void on_finished(void (*notify)(void*), void* argument) noexcept {
    notify_ = notify;
    argument_ = argument;
  }

  time_ns due_ns(std::size_t index) const noexcept {
    return epoch_ns_ + offset_ns(asked_, pattern_, index);
  }

  /// Sleeper `index` woke. A cancelled one did no work and counts as nothing.
  void fired(std::size_t index, time_ns now_ns, wake how) noexcept {
    if (how == wake::cancelled) return;
    const time_ns offset = offset_ns(asked_, pattern_, index);
    record(now_ns - (epoch_ns_ + offset));
    checksum_.add(fingerprint(index, offset));
    if (fired_.add_and_get(1) == asked_.tasks && notify_ != nullptr) notify_(argument_);
  }

  bool finished() const noexcept { return fired_.get() == asked_.tasks; }
  const measure::histogram& lateness() const noexcept { return lateness_; }

  workloads::work_counts counts() const {
    return {.units = fired_.get(),
            .bytes = 0,
            .checksum = checksum_.get(),
            .errors = 0,
            .first_error = {}};
  }

 private:
  void record(time_ns lateness_ns) noexcept {
    if constexpr (Threads == workloads::tasks_on::one_thread) {
      lateness_.record_signed(lateness_ns);
    } else {
      lateness_.record_signed_concurrent(lateness_ns);
    }
  }

  const workloads::parameters asked_;
  const pattern pattern_;
  time_ns epoch_ns_ = 0;
  workloads::tally<Threads> fired_;
  workloads::tally<Threads> checksum_;
  measure::histogram lateness_;
  void (*notify_)(void*) = nullptr;
  void* argument_ = nullptr;
};

}  // namespace skein::timers
