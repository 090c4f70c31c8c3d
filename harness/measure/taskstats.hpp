// Sums over all threads of a process, including ended ones, in one request to the kernel (generic
// netlink family TASKSTATS). Reading two files for each of 10,000 threads would take a third of a
// second of the generator's CPU. Leaves out everything that /proc/PID/stat already sums.
#pragma once

#include <cstdint>
#include <optional>
#include <sys/types.h>

namespace skein::measure {

struct thread_group_stats {
  std::int64_t run_delay_ns;
  std::int64_t voluntary_switches;
  std::int64_t involuntary_switches;
};

/// Empty when the kernel has no taskstats, the process has ended, or CAP_NET_ADMIN is missing.
std::optional<thread_group_stats> read_thread_group_stats(pid_t pid);

}  // namespace skein::measure
