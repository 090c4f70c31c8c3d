// What a process used of the CPU, read from outside: time, waiting to run, switches, faults. Leaves
// out other processes (host.hpp) and instruction counts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "harness/measure/fields.hpp"
#include "harness/measure/proc_file.hpp"

namespace skein::measure {

/// Totals since the process began. Empty is unknown, and `unreadable` says why.
struct cpu_snapshot {
  /// To the nanosecond, from the process's own CPU clock.
  std::optional<std::int64_t> total_ns;
  /// In steps of a clock tick (10 ms), from /proc/PID/stat.
  std::optional<std::int64_t> user_ticks_ns;
  std::optional<std::int64_t> system_ticks_ns;
  /// Runnable but not running, all threads.
  std::optional<std::int64_t> run_delay_ns;
  std::optional<std::int64_t> voluntary_switches;
  std::optional<std::int64_t> involuntary_switches;
  std::optional<std::int64_t> minor_faults;
  std::optional<std::int64_t> major_faults;
  std::optional<std::int64_t> threads;
  std::vector<std::string> unreadable;
};

/// Reads the process now. Run delay and switches come from one taskstats request where the kernel
/// grants it (needs CAP_NET_ADMIN). Otherwise they come from two files per thread, which takes some
/// 20 us a thread of the caller's CPU and misses threads that have ended.
cpu_snapshot read_cpu(pid_t pid, const system_paths& paths = {});

/// The same without taskstats, for comparison and tests.
cpu_snapshot read_cpu_by_thread(pid_t pid, const system_paths& paths = {});

/// The difference between two snapshots of one process.
struct cpu_usage {
  std::optional<std::int64_t> total_ns;
  /// The precise total, divided in proportion to the ticks; empty when no tick passed.
  std::optional<std::int64_t> user_ns;
  std::optional<std::int64_t> system_ns;
  std::optional<std::int64_t> run_delay_ns;
  std::optional<std::int64_t> voluntary_switches;
  std::optional<std::int64_t> involuntary_switches;
  std::optional<std::int64_t> minor_faults;
  std::optional<std::int64_t> major_faults;
  /// The clock ticks of 10 ms from which the division into user and system was made.
  std::optional<std::int64_t> ticks;
  /// The larger of the two snapshots' thread counts.
  std::optional<std::int64_t> threads_max;
};

/// A counter that went backwards (threads ended) is empty, not negative.
cpu_usage cpu_between(const cpu_snapshot& begin, const cpu_snapshot& end);

/// With fewer ticks than this the division into user and system is not known to its first digit. Of
/// n ticks, of which a share p falls into user mode, the share has an error of sqrt(p (1 - p) / n);
/// at 100 ticks and 10 % that is a third of it.
inline constexpr std::int64_t user_ticks_min = 100;

/// run.cpu. Whoever adds a figure says here whether it is a time.
struct cpu_figures {
  std::optional<std::int64_t> user_ns;
  std::optional<std::int64_t> system_ns;
  std::optional<double> per_op_ns;
  std::optional<double> user_per_op_ns;
  std::optional<std::int64_t> ticks;
  std::optional<std::int64_t> run_delay_ns;
  std::optional<std::int64_t> voluntary_switches;
  std::optional<std::int64_t> involuntary_switches;
  std::optional<std::int64_t> minor_faults;
  std::optional<std::int64_t> major_faults;
  std::optional<std::int64_t> threads_max;
  std::optional<std::int64_t> instructions;  ///< counted only in cells that run in one process

  template <typename Self, typename Visit>
  static void for_each_field(Self& of, Visit&& visit) {
    visit("user_ns", of.user_ns, recorded::unless_counted);
    visit("system_ns", of.system_ns, recorded::unless_counted);
    visit("per_op_ns", of.per_op_ns, recorded::unless_counted);
    visit("user_per_op_ns", of.user_per_op_ns, recorded::unless_counted);
    visit("ticks", of.ticks, recorded::unless_counted);
    visit("run_delay_ns", of.run_delay_ns, recorded::unless_counted);
    visit("voluntary_switches", of.voluntary_switches);
    visit("involuntary_switches", of.involuntary_switches);
    visit("minor_faults", of.minor_faults);
    visit("major_faults", of.major_faults);
    visit("threads_max", of.threads_max);
    visit("instructions", of.instructions);
  }
};

/// With per_op_ns and user_per_op_ns over `operations`; both empty when that is 0, and
/// user_per_op_ns when fewer than `user_ticks_min` ticks were seen.
cpu_figures figures_of(const cpu_usage& usage, std::int64_t operations);

}  // namespace skein::measure
