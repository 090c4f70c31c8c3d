// What the measuring tests share: a child process under command, and a directory of fixture files.
#pragma once

#include <optional>
#include <string>
#include <sys/resource.h>
#include <sys/types.h>
#include <vector>

#include "harness/measure/proc_file.hpp"

namespace skein::test {

/// Runs measure_child and talks to it by lines. Ends and reaps it in the destructor.
class measured_child {
 public:
  /// @param environment  "NAME=VALUE" words beside our own
  explicit measured_child(const std::vector<std::string>& environment = {});
  ~measured_child();
  measured_child(const measured_child&) = delete;
  measured_child& operator=(const measured_child&) = delete;

  pid_t pid() const { return pid_; }
  /// Sends a command and waits for its "done"; false when the child has ended instead.
  bool command(const std::string& line);
  /// Sends a command and waits for the line that answers it; nothing when the child has ended.
  std::optional<std::string> ask(const std::string& line);
  /// Ends and reaps it now. What the kernel says that it used.
  rusage end();

 private:
  pid_t pid_ = -1;
  int to_child_ = -1;
  int from_child_ = -1;
};

/// A temporary tree that stands in for /proc and /sys; removed in the destructor.
class fixture_tree {
 public:
  fixture_tree();
  ~fixture_tree();
  fixture_tree(const fixture_tree&) = delete;
  fixture_tree& operator=(const fixture_tree&) = delete;

  /// Writes "proc/..." or "sys/...", making the directories on the way.
  void write(const std::string& path, const std::string& text) const;
  measure::system_paths paths() const { return {root_ + "/proc", root_ + "/sys"}; }

 private:
  std::string root_;
};

}  // namespace skein::test
