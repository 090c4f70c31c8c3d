// Errors in a workload's tasks: how many, the first, and whether a limit of the machine was the
// cause. They are rare, hence a mutex; tasks of any runtime may report one.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "runtimes/errors.hpp"

namespace skein::workloads {

class error_log {
 public:
  void add(int error_number, const char* where) {
    note(std::string(where) + ": " + std::generic_category().message(error_number));
  }
  void add(std::string what) { note(std::move(what)); }
  void add(const limit_error& reached) {
    note(reached.what());
    const std::lock_guard lock(mutex_);
    if (!limit_) limit_ = reached;
  }

  std::uint64_t count() const {
    const std::lock_guard lock(mutex_);
    return count_;
  }
  std::string first() const {
    const std::lock_guard lock(mutex_);
    return first_;
  }
  /// After the run: throws the limit that a task met, if one did.
  void rethrow_limit() const {
    const std::lock_guard lock(mutex_);
    if (limit_) throw limit_error(*limit_);
  }

 private:
  void note(std::string message) {
    const std::lock_guard lock(mutex_);
    if (count_++ == 0) first_ = std::move(message);
  }

  mutable std::mutex mutex_;
  std::uint64_t count_ = 0;
  std::string first_;
  std::optional<limit_error> limit_;
};

}  // namespace skein::workloads
