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
  /// Where to look, nearest first: the named directory, those it lies in, and the mount's root,
  /// which is what a container sees of its own group while /proc still names the host's path.
  std::vector<std::string> directories;

  /// The first of the directories in which `file` can be read, its first line.
  std::optional<std::string> line_of(const std::string& file) const;
  std::optional<std::string> text_of(const std::string& file) const;
  std::optional<std::int64_t> integer_of(const std::string& file) const;
  /// The least number in any of them: a limit holds for all groups below. Empty if none has one.
  std::optional<std::int64_t> least_of(const std::string& file) const;
};

/// The group in which `controller` ("memory", "cpu", "pids") is applied to the process: the version
/// 1 hierarchy of that controller when there is one, else version 2's. Nothing when unreadable.
std::optional<cgroup_place> find_cgroup(pid_t pid, const std::string& controller,
                                        const system_paths& paths = {});

}  // namespace skein::measure
