// How long a quota of its control groups (as containers have one) kept a process from its CPU. The
// CPU is idle then, so its accounting shows neither steal nor another program.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "harness/measure/proc_file.hpp"

namespace skein::measure {

/// Looks up the groups once, so that a reading takes one small file for each of them.
class throttle_counter {
 public:
  explicit throttle_counter(pid_t pid, const system_paths& paths = {});

  /// The total since the groups were made, over all CPUs and all groups that have a quota. It
  /// includes other processes of a group. Empty where no group reports it.
  [[nodiscard]] std::optional<std::int64_t> read_ns() const;

 private:
  std::vector<std::string> files_;
};

}  // namespace skein::measure
