// What the rest of the machine did to a run: stolen time, other programs on our CPUs, interrupts,
// pressure. Only evidence; leaves out judging it, which is done elsewhere, before a result is
// looked at.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "harness/measure/json.hpp"
#include "harness/measure/kernel_threads.hpp"
#include "harness/measure/proc_file.hpp"

namespace skein::measure {

/// Totals of one CPU since boot, in steps of a clock tick (10 ms).
struct host_cpu {
  std::int64_t busy_ns = 0;  ///< user, nice, system, irq and softirq
  std::int64_t steal_ns = 0;
  std::int64_t irq_ns = 0;  ///< irq and softirq, also part of busy_ns
};

/// Stall totals of one resource; `full` is missing where the kernel does not keep it.
struct host_pressure {
  std::optional<std::int64_t> some_ns;
  std::optional<std::int64_t> full_ns;
};

/// The kernel's threads `ksoftirqd/N`, by CPU number. They do the interrupt work that the kernel
/// does not finish at once; with thousands of busy connections, that is the receiving half of
/// loopback TCP. Empty where this process cannot see them (another PID namespace).
using softirq_threads = std::map<int, pid_t>;
softirq_threads find_softirq_threads(const system_paths& paths = {});

struct host_snapshot {
  std::map<int, host_cpu> cpus;                   ///< by CPU number; empty when unreadable
  std::map<int, std::int64_t> softirqd_ns;        ///< CPU time of the softirq threads
  std::map<std::string, host_pressure> pressure;  ///< "cpu", "io", "memory"; empty when absent
};

host_snapshot read_host(const softirq_threads& threads = {}, const system_paths& paths = {});

/// CPU time of one of our processes, and the CPUs it was pinned to.
struct own_use {
  std::vector<int> cpus;
  std::int64_t cpu_ns = 0;
};

/// The difference between two snapshots.
struct host_usage {
  std::map<int, host_cpu> cpus;
  /// CPU time of ksoftirqd on each CPU where it is known. It belongs to no program, but on a CPU of
  /// ours the packets are our own. No process's CPU time includes it.
  std::map<int, std::int64_t> softirqd_ns;
  /// CPU time of the kernel's other threads that serve memory and sockets, by their name. They do
  /// that for whoever holds the pages and sockets, and during a run that is nearly always the run.
  std::map<std::string, std::int64_t> kernel_threads_ns;
  /// The part of it that is likely to have been used on each CPU.
  std::map<int, std::int64_t> kernel_cpu_ns;
  /// Busy time that neither our processes, nor ksoftirqd, nor those threads account for. Own time
  /// on several CPUs is subtracted from them in proportion to how busy they were; then a kernel
  /// thread's from the CPU it was seen on, or from two in proportion to what is left of them. Never
  /// negative; accurate to about two ticks.
  std::map<int, std::int64_t> foreign_cpu_ns;
  std::map<std::string, host_pressure> pressure;
};

host_usage host_between(const host_snapshot& begin, const host_snapshot& end,
                        const std::vector<own_use>& own,
                        const std::vector<kernel_use>& kernel = {});

/// run.host:
/// - steal_ns, softirqd_ns and foreign_cpu_ns: {"<cpu>": ns}
/// - kernel_threads_ns: {"<name>": ns}, of those that used any
/// - pressure: {"cpu": {"some_ns", "full_ns"}, ...} or null
/// - irq_ns: summed over CPUs
/// - anchor_ns: null (the matrix knows it)
json to_json(const host_usage& usage);

}  // namespace skein::measure
