// Where a process's control group keeps its files, for version 1 and version 2.
// Leaves out what is in those files.
#pragma once

#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "harness/measure/proc_file.hpp"

namespace skein::measure {

struct cgroup_place {
  int version;
  /// Where to look, nearest first: the named directory, its parents, and the mount's root. In a
  /// container the root is its own group, while /proc still names the host's path.
  std::vector<std::string> directories;

  /// The first line of `file`, from the first directory in which it can be read.
  std::optional<std::string> line_of(const std::string& file) const;
  std::optional<std::string> text_of(const std::string& file) const;
  std::optional<std::int64_t> integer_of(const std::string& file) const;
  /// The least number in any of the directories, because a limit holds for all groups below it.
  /// Empty if none has a number.
  std::optional<std::int64_t> least_of(const std::string& file) const;
};

/// The group in which `controller` ("memory", "cpu", "pids") is applied to the process: in the
/// version 1 hierarchy of that controller if there is one, otherwise in version 2's. Empty when
/// unreadable.
std::optional<cgroup_place> find_cgroup(pid_t pid, const std::string& controller,
                                        const system_paths& paths = {});

}  // namespace skein::measure
