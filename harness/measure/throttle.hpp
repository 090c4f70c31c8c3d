// How long a process was kept from its CPU by a quota of its control groups, as containers have
// one. Neither steal nor another program shows in the CPU's accounting then: the CPU is idle.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "harness/measure/proc_file.hpp"

namespace skein::measure {

/// Looks up the groups once, so that a reading is one small file for each of them.
class throttle_counter {
 public:
  explicit throttle_counter(pid_t pid, const system_paths& paths = {});

  /// Total since the groups were made, over all CPUs and all groups that have a quota; other
  /// processes of a group are in it. Nothing where no group tells.
  [[nodiscard]] std::optional<std::int64_t> read_ns() const;

 private:
  std::vector<std::string> files_;
};

}  // namespace skein::measure
