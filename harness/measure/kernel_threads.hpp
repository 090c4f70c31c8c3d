// The kernel's threads that serve a run's memory and sockets, and their CPU time. They are no
// program, so what they use is in no process's CPU time. ksoftirqd is left out: host.hpp reads it,
// because its work is known to be the run's packets.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <sys/types.h>
#include <vector>

#include "harness/measure/proc_file.hpp"

namespace skein::measure {

struct kernel_thread {
  std::string name;       ///< without what tells threads of its kind apart: "kworker", "kcompactd0"
  std::vector<int> cpus;  ///< that it may run on
};

using kernel_threads = std::map<pid_t, kernel_thread>;

/// Those that free pages and sockets (kswapd, kcompactd, khugepaged, kdamond, rcu, kworker,
/// migration) and may run on one of these CPUs. Empty where this process cannot see them (another
/// PID namespace).
kernel_threads find_kernel_threads(const std::vector<int>& cpus, const system_paths& paths = {});

/// Their CPU time so far. One that has ended is left out.
using kernel_times = std::map<pid_t, std::int64_t>;
kernel_times read_kernel_threads(const kernel_threads& threads, const system_paths& paths = {});

/// What one of them used between two readings.
struct kernel_use {
  std::string name;
  std::vector<int> cpus;
  std::int64_t cpu_ns = 0;
};

/// Of those that used any. A thread that began or ended in between is left out.
std::vector<kernel_use> kernel_between(const kernel_threads& threads, const kernel_times& begin,
                                       const kernel_times& end);

}  // namespace skein::measure
