// A counter that tasks share: plain where all tasks run on one thread, atomic where each has its
// own. The count is the same, and a runtime that needs no lock prefix does not pay for one.
//
// add is relaxed, because such a tally publishes nothing but itself. A thread that sees, through
// get, the last addition made by add_and_get also sees everything that tasks wrote before their
// additions: they are a release sequence of read-modify-writes, and get reads with acquire.
#pragma once

#include <atomic>
#include <cstdint>

namespace skein::workloads {

enum class tasks_on : std::uint8_t { one_thread, many_threads };

template <tasks_on Threads>
class tally {
 public:
  using stays_on_thread = void;  ///< no parameter of a task that changes threads

  void add(std::uint64_t amount) noexcept { value_ += amount; }
  /// Adds and returns the new value.
  std::uint64_t add_and_get(std::uint64_t amount) noexcept { return value_ += amount; }
  std::uint64_t get() const noexcept { return value_; }

 private:
  std::uint64_t value_ = 0;
};

template <>
class tally<tasks_on::many_threads> {
 public:
  void add(std::uint64_t amount) noexcept { value_.fetch_add(amount, std::memory_order_relaxed); }
  /// Acquire-release: a thread that sees the last addition also sees what the others did before
  /// theirs.
  std::uint64_t add_and_get(std::uint64_t amount) noexcept {
    return value_.fetch_add(amount, std::memory_order_acq_rel) + amount;
  }
  std::uint64_t get() const noexcept { return value_.load(std::memory_order_acquire); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

}  // namespace skein::workloads
