// CPU accounting of a process from its CPU clock, /proc/PID/stat, and taskstats or its threads.
#include "harness/measure/process_cpu.hpp"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <filesystem>
#include <string_view>
#include <unistd.h>

#include "harness/measure/taskstats.hpp"

namespace skein::measure {
namespace {

/// Reading one by one takes two files per thread, some 20 us each. With more threads that would
/// stall the load generator, whose CPU does the reading.
constexpr std::int64_t threads_read_one_by_one = 500;

std::int64_t tick_ns() {
  return 1'000'000'000 / ::sysconf(_SC_CLK_TCK);
}

/// The process's own CPU clock, summed over live and ended threads by the kernel.
std::optional<std::int64_t> read_cpu_clock(pid_t pid) {
  clockid_t clock{};
  timespec used{};
  if (::clock_getcpuclockid(pid, &clock) != 0) return std::nullopt;
  if (::clock_gettime(clock, &used) != 0) return std::nullopt;
  return static_cast<std::int64_t>(used.tv_sec) * 1'000'000'000 + used.tv_nsec;
}

/// Fields are numbered as in proc(5), from 1. The second is the name in parentheses, which may hold
/// anything, so counting starts after the last parenthesis.
void read_stat(cpu_snapshot& snapshot, const std::string& path) {
  const auto text = read_text(path);
  const auto name_end = text ? text->rfind(')') : std::string::npos;
  if (name_end == std::string::npos) {
    snapshot.unreadable.push_back("cpu: cannot read " + path);
    return;
  }
  const auto words = split_words(std::string_view(*text).substr(name_end + 1));
  const auto field = [&words](std::size_t number) -> std::optional<std::int64_t> {
    return number - 3 < words.size() ? parse_integer(words[number - 3]) : std::nullopt;
  };
  const auto ticks = [&field](std::size_t number) -> std::optional<std::int64_t> {
    const auto value = field(number);
    return value ? std::optional(*value * tick_ns()) : std::nullopt;
  };
  snapshot.minor_faults = field(10);
  snapshot.major_faults = field(12);
  snapshot.user_ticks_ns = ticks(14);
  snapshot.system_ticks_ns = ticks(15);
  snapshot.threads = field(20);
}

cpu_snapshot read_summed(pid_t pid, const system_paths& paths) {
  cpu_snapshot snapshot;
  snapshot.total_ns = read_cpu_clock(pid);
  if (!snapshot.total_ns) snapshot.unreadable.emplace_back("cpu: the process has no CPU clock");
  read_stat(snapshot, paths.proc + '/' + std::to_string(pid) + "/stat");
  return snapshot;
}

/// schedstat is "time on CPU, time waiting to run, time slices".
std::optional<std::int64_t> read_run_delay(const std::string& thread_directory) {
  const auto line = read_line(thread_directory + "/schedstat");
  if (!line) return std::nullopt;
  const auto words = split_words(*line);
  return words.size() < 2 ? std::nullopt : parse_integer(words[1]);
}

/// A thread that ends while it is being read is left out.
void add_thread(cpu_snapshot& snapshot, const std::string& directory) {
  const auto delay = read_run_delay(directory);
  if (delay) snapshot.run_delay_ns = snapshot.run_delay_ns.value_or(0) + *delay;
  const auto status = read_text(directory + "/status");
  if (!status) return;
  const auto voluntary = field_value(*status, "voluntary_ctxt_switches");
  const auto involuntary = field_value(*status, "nonvoluntary_ctxt_switches");
  if (!voluntary || !involuntary) return;
  snapshot.voluntary_switches = snapshot.voluntary_switches.value_or(0) + *voluntary;
  snapshot.involuntary_switches = snapshot.involuntary_switches.value_or(0) + *involuntary;
}

void read_threads(cpu_snapshot& snapshot, const std::string& directory) {
  std::error_code error;
  for (const auto& thread : std::filesystem::directory_iterator(directory, error)) {
    add_thread(snapshot, thread.path().string());
  }
  if (!snapshot.run_delay_ns) snapshot.unreadable.push_back("cpu: no run delay in " + directory);
  if (!snapshot.voluntary_switches) {
    snapshot.unreadable.push_back("cpu: no switch counts in " + directory);
  }
}

using count = std::optional<std::int64_t>;

count grown(const count& begin, const count& end) {
  return begin && end && *end >= *begin ? count(*end - *begin) : std::nullopt;
}

count larger(const count& one, const count& other) {
  if (!one || !other) return one ? one : other;
  return std::max(*one, *other);
}

/// Rounded to whole ns; null where there is nothing to divide by.
std::optional<double> per_operation(const count& total_ns, std::int64_t operations) {
  if (!total_ns || operations <= 0) return std::nullopt;
  const double each = static_cast<double>(*total_ns) / static_cast<double>(operations);
  return std::round(each * 10) / 10;
}

}  // namespace

cpu_snapshot read_cpu(pid_t pid, const system_paths& paths) {
  auto snapshot = read_summed(pid, paths);
  if (const auto group = read_thread_group_stats(pid)) {
    snapshot.run_delay_ns = group->run_delay_ns;
    snapshot.voluntary_switches = group->voluntary_switches;
    snapshot.involuntary_switches = group->involuntary_switches;
    return snapshot;
  }
  if (snapshot.threads.value_or(1) > threads_read_one_by_one) {
    snapshot.unreadable.emplace_back(
        "cpu: run delay and switches of so many threads need taskstats (CAP_NET_ADMIN)");
    return snapshot;
  }
  read_threads(snapshot, paths.proc + '/' + std::to_string(pid) + "/task");
  return snapshot;
}

cpu_snapshot read_cpu_by_thread(pid_t pid, const system_paths& paths) {
  auto snapshot = read_summed(pid, paths);
  read_threads(snapshot, paths.proc + '/' + std::to_string(pid) + "/task");
  return snapshot;
}

cpu_usage cpu_between(const cpu_snapshot& begin, const cpu_snapshot& end) {
  cpu_usage usage;
  usage.total_ns = grown(begin.total_ns, end.total_ns);
  const auto user = grown(begin.user_ticks_ns, end.user_ticks_ns);
  const auto system = grown(begin.system_ticks_ns, end.system_ticks_ns);
  if (usage.total_ns && user && system && *user + *system > 0) {
    const double share = static_cast<double>(*user) / static_cast<double>(*user + *system);
    usage.user_ns = std::llround(share * static_cast<double>(*usage.total_ns));
    usage.system_ns = *usage.total_ns - *usage.user_ns;
    usage.ticks = (*user + *system) / tick_ns();
  }
  usage.run_delay_ns = grown(begin.run_delay_ns, end.run_delay_ns);
  usage.voluntary_switches = grown(begin.voluntary_switches, end.voluntary_switches);
  usage.involuntary_switches = grown(begin.involuntary_switches, end.involuntary_switches);
  usage.minor_faults = grown(begin.minor_faults, end.minor_faults);
  usage.major_faults = grown(begin.major_faults, end.major_faults);
  usage.threads_max = larger(begin.threads, end.threads);
  return usage;
}

cpu_figures figures_of(const cpu_usage& usage, std::int64_t operations) {
  cpu_figures of;
  of.user_ns = usage.user_ns;
  of.system_ns = usage.system_ns;
  of.per_op_ns = per_operation(usage.total_ns, operations);
  if (usage.ticks.value_or(0) >= user_ticks_min) {
    of.user_per_op_ns = per_operation(usage.user_ns, operations);
  }
  of.ticks = usage.ticks;
  of.run_delay_ns = usage.run_delay_ns;
  of.voluntary_switches = usage.voluntary_switches;
  of.involuntary_switches = usage.involuntary_switches;
  of.minor_faults = usage.minor_faults;
  of.major_faults = usage.major_faults;
  of.threads_max = usage.threads_max;
  return of;
}

}  // namespace skein::measure
