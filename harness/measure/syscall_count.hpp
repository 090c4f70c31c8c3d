// Counts the system calls of another process, with the kernel's tracepoint raw_syscalls:sys_enter
// in counting mode: exact, for every language, at a fraction of a microsecond a call. Leaves out
// which calls they are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "harness/measure/proc_file.hpp"

namespace skein::measure {

/// Attached to all threads that the process has, and to all that they start from then on. Needs
/// root, or CAP_PERFMON with a readable tracefs.
class syscall_count {
 public:
  syscall_count() = default;
  ~syscall_count();
  syscall_count(const syscall_count&) = delete;
  syscall_count& operator=(const syscall_count&) = delete;

  /// Begins to count. Call it once, while the process waits for something: a thread that starts at
  /// this very moment may be missed.
  void attach(pid_t pid, const system_paths& paths = {});

  /// Calls since attach, by all threads, including ended ones; empty where the kernel refused.
  [[nodiscard]] std::optional<std::int64_t> total() const;

  /// Why there is no total, in words.
  [[nodiscard]] const std::string& why_not() const noexcept { return obstacle_; }

 private:
  bool attach_thread(pid_t thread, std::int64_t tracepoint);

  std::vector<int> counters_;
  std::string obstacle_ = "not attached";
};

/// The tracepoint's number: from a mounted tracefs, or from one of our own that is mounted nowhere
/// (needs CAP_SYS_ADMIN). Empty where neither is available.
std::optional<std::int64_t> find_syscall_tracepoint(const system_paths& paths = {});

}  // namespace skein::measure
