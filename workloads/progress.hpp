// How far a run's work is: units are counted as they are done, the checksum comes with the last of
// them. It is what one task has in the end, or the sum of what all units gave.
#pragma once

#include <atomic>
#include <cstdint>

#include "workloads/program.hpp"
#include "workloads/tally.hpp"

namespace skein::workloads {

template <tasks_on Threads>
class progress {
 public:
  /// `units`: of the whole run.
  explicit progress(std::uint64_t units) noexcept : all_(units) {}

  void on_finished(void (*notify)(void*), void* argument) noexcept {
    notify_ = notify;
    argument_ = argument;
  }

  /// A unit is done. True for the last one, which sees all that was done before the others.
  bool add_one() noexcept { return units_.add_and_get(1) == all_; }

  /// The same, of a unit that gives `value`: with the last one all is done, and the checksum is the
  /// sum.
  bool add_one(std::uint64_t value) noexcept {
    sum_.add(value);
    if (!add_one()) return false;
    finish(sum_.get());
    return true;
  }

  /// Once, after the last unit.
  void finish(std::uint64_t checksum) noexcept {
    checksum_.store(checksum, std::memory_order_relaxed);
    finished_.store(true, std::memory_order_release);  // who sees it sees the checksum, too
    if (notify_ != nullptr) notify_(argument_);
  }

  bool finished() const noexcept { return finished_.load(std::memory_order_acquire); }

  /// The checksum is 0 before the end.
  work_counts counts() const {
    work_counts done;
    done.units = units_.get();
    if (finished()) done.checksum = checksum_.load(std::memory_order_relaxed);
    return done;
  }

 private:
  const std::uint64_t all_;
  tally<Threads> units_;
  tally<Threads> sum_;
  std::atomic<std::uint64_t> checksum_{0};
  std::atomic<bool> finished_{false};
  void (*notify_)(void*) = nullptr;
  void* argument_ = nullptr;
};

}  // namespace skein::workloads
