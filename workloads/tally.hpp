// A counter that tasks share. Plain where all tasks run on one thread, atomic where each has its
// own: the count is the same, and a lock prefix on a runtime that needs none would be a tax.
//
// Adding is relaxed where a tally publishes nothing but itself. Whoever sees the last addition made
// by add_and_get, through get, also sees everything that tasks wrote before theirs: a release
// sequence of read-modify-writes, read with acquire.
#pragma once

#include <atomic>
#include <cstdint>

namespace skein::workloads {

enum class tasks_on : std::uint8_t { one_thread, many_threads };

template <tasks_on Threads>
class tally {
 public:
  void add(std::uint64_t amount) noexcept { value_ += amount; }
  /// Adds and tells the new value.
  std::uint64_t add_and_get(std::uint64_t amount) noexcept { return value_ += amount; }
  std::uint64_t get() const noexcept { return value_; }

 private:
  std::uint64_t value_ = 0;
};

template <>
class tally<tasks_on::many_threads> {
 public:
  void add(std::uint64_t amount) noexcept { value_.fetch_add(amount, std::memory_order_relaxed); }
  /// Acquire-release: who sees the last addition also sees what the others did before theirs.
  std::uint64_t add_and_get(std::uint64_t amount) noexcept {
    return value_.fetch_add(amount, std::memory_order_acq_rel) + amount;
  }
  std::uint64_t get() const noexcept { return value_.load(std::memory_order_acquire); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

}  // namespace skein::workloads
