// The kernel's threads that serve a run's memory and sockets, and their CPU time. They are no
// program, so what they use is in no process's CPU time. ksoftirqd is left out: host.hpp reads it,
// because its work is known to be the run's packets.
//
// /proc tells how long a thread ran, and where it ran last. So its time is the CPU's on which it
// was seen at both ends, if that is one; which CPUs it used in between nobody tells. A kworker
// serves many queues, and /proc names the one that it served last.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "harness/measure/proc_file.hpp"

namespace skein::measure {

struct kernel_thread {
  std::string name;       ///< without what tells threads of its kind apart: "kworker", "kcompactd0"
  std::vector<int> cpus;  ///< of those asked for, that it may run on
};

using kernel_threads = std::map<pid_t, kernel_thread>;

/// Those that free pages and sockets (kswapd, kcompactd, khugepaged, kdamond, rcu, kworker,
/// migration) and may run on one of these CPUs. Empty where this process cannot see them (another
/// PID namespace).
kernel_threads find_kernel_threads(const std::vector<int>& cpus, const system_paths& paths = {});

/// One of them at one moment.
struct kernel_reading {
  std::int64_t spent_ns = 0;       ///< its CPU time so far
  std::optional<int> cpu = {};     ///< that it ran on last
  bool served_disks_last = false;  ///< its last work was to write pages to a device

  bool operator==(const kernel_reading&) const = default;
};

/// One that has ended is left out.
using kernel_times = std::map<pid_t, kernel_reading>;
kernel_times read_kernel_threads(const kernel_threads& threads, const system_paths& paths = {});

/// What one of them used between two readings.
struct kernel_use {
  std::string name;
  std::vector<int> cpus;  ///< that it was seen on; where none is known, that it may run on
  std::int64_t cpu_ns = 0;
};

/// Of those that used any, and were seen on a CPU that was asked for. Left out is a thread that
/// began or ended in between, and one that served a disk at both ends: whose pages it wrote nobody
/// knows.
std::vector<kernel_use> kernel_between(const kernel_threads& threads, const kernel_times& begin,
                                       const kernel_times& end);

}  // namespace skein::measure
