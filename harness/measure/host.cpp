// /proc/stat and /proc/pressure, before and after.
#include "harness/measure/host.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <unistd.h>

namespace skein::measure {
namespace {

constexpr std::array resources{"cpu", "io", "memory"};

/// The columns after "cpuN": user nice system idle iowait irq softirq steal guest guest_nice, in
/// ticks. Guest time is already part of user time.
std::optional<host_cpu> parse_cpu(const std::vector<std::string_view>& words,
                                  std::int64_t tick_ns) {
  if (words.size() < 9) return std::nullopt;
  const auto column = [&words, tick_ns](std::size_t index) {
    return parse_integer(words[index]).value_or(0) * tick_ns;
  };
  host_cpu cpu;
  cpu.irq_ns = column(6) + column(7);
  cpu.busy_ns = column(1) + column(2) + column(3) + cpu.irq_ns;
  cpu.steal_ns = column(8);
  return cpu;
}

std::map<int, host_cpu> read_cpus(const std::string& path) {
  std::map<int, host_cpu> cpus;
  const auto text = read_text(path);
  if (!text) return cpus;
  const std::int64_t tick_ns = 1'000'000'000 / ::sysconf(_SC_CLK_TCK);
  for (const auto line : split_lines(*text)) {
    const auto words = split_words(line);
    if (words.empty() || !words[0].starts_with("cpu")) continue;
    const auto number = parse_integer(words[0].substr(3));  // missing on the line of the sum
    const auto cpu = parse_cpu(words, tick_ns);
    if (number && cpu) cpus.emplace(static_cast<int>(*number), *cpu);
  }
  return cpus;
}

/// A line is "some avg10=0.00 avg60=0.00 avg300=0.00 total=123", total in us.
std::optional<std::int64_t> total_ns(std::string_view text, std::string_view kind) {
  constexpr std::string_view key = "total=";
  const auto line = field_text(text, kind);
  if (!line) return std::nullopt;
  for (const auto word : split_words(*line)) {
    if (!word.starts_with(key)) continue;
    const auto total_us = parse_integer(word.substr(key.size()));
    if (total_us) return *total_us * 1'000;
  }
  return std::nullopt;
}

using total = std::optional<std::int64_t>;

total grown(const total& begin, const total& end) {
  return begin && end ? total(std::max<std::int64_t>(0, *end - *begin)) : std::nullopt;
}

host_cpu grown(const host_cpu& begin, const host_cpu& end) {
  return {.busy_ns = std::max<std::int64_t>(0, end.busy_ns - begin.busy_ns),
          .steal_ns = std::max<std::int64_t>(0, end.steal_ns - begin.steal_ns),
          .irq_ns = std::max<std::int64_t>(0, end.irq_ns - begin.irq_ns)};
}

/// Subtracts one process's time from the CPUs it was pinned to.
void take_off(host_usage& usage, const own_use& own) {
  std::int64_t busy_ns = 0;
  for (const int cpu : own.cpus) {
    if (usage.cpus.contains(cpu)) busy_ns += usage.cpus.at(cpu).busy_ns;
  }
  if (busy_ns <= 0) return;
  for (const int cpu : own.cpus) {
    if (!usage.cpus.contains(cpu)) continue;
    const double share =
        static_cast<double>(usage.cpus.at(cpu).busy_ns) / static_cast<double>(busy_ns);
    usage.foreign_cpu_ns[cpu] -= static_cast<std::int64_t>(share * static_cast<double>(own.cpu_ns));
  }
}

/// Takes a kernel thread's time off what nobody else accounts for: it ran where there was some.
void take_off(host_usage& usage, const kernel_use& thread) {
  usage.kernel_threads_ns[thread.name] += thread.cpu_ns;
  std::int64_t open_ns = 0;
  for (const int cpu : thread.cpus) {
    if (const auto found = usage.foreign_cpu_ns.find(cpu); found != usage.foreign_cpu_ns.end()) {
      open_ns += found->second;
    }
  }
  if (open_ns <= 0) return;
  const double share =
      std::min(1.0, static_cast<double>(thread.cpu_ns) / static_cast<double>(open_ns));
  for (const int cpu : thread.cpus) {
    const auto found = usage.foreign_cpu_ns.find(cpu);
    if (found == usage.foreign_cpu_ns.end()) continue;
    const auto here_ns = static_cast<std::int64_t>(share * static_cast<double>(found->second));
    usage.kernel_cpu_ns[cpu] += here_ns;
    found->second -= here_ns;
  }
}

}  // namespace

softirq_threads find_softirq_threads(const system_paths& paths) {
  constexpr std::string_view prefix = "ksoftirqd/";
  softirq_threads found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(paths.proc, error)) {
    const auto pid = parse_integer(entry.path().filename().string());
    if (!pid) continue;
    const auto name = read_line(entry.path().string() + "/comm").value_or("");
    if (!name.starts_with(prefix)) continue;
    const auto cpu = parse_integer(std::string_view(name).substr(prefix.size()));
    if (cpu) found.emplace(static_cast<int>(*cpu), static_cast<pid_t>(*pid));
  }
  return found;
}

host_snapshot read_host(const softirq_threads& threads, const system_paths& paths) {
  host_snapshot snapshot;
  snapshot.cpus = read_cpus(paths.proc + "/stat");
  for (const auto& [cpu, pid] : threads) {
    const auto spent_ns = read_integer(paths.proc + "/" + std::to_string(pid) + "/schedstat");
    if (spent_ns) snapshot.softirqd_ns[cpu] = *spent_ns;
  }
  for (const auto* resource : resources) {
    const auto text = read_text(paths.proc + "/pressure/" + resource);
    if (!text) continue;
    snapshot.pressure[resource] = {total_ns(*text, "some"), total_ns(*text, "full")};
  }
  return snapshot;
}

host_usage host_between(const host_snapshot& begin, const host_snapshot& end,
                        const std::vector<own_use>& own, const std::vector<kernel_use>& kernel) {
  host_usage usage;
  for (const auto& [number, cpu] : end.cpus) {
    const auto before = begin.cpus.find(number);
    if (before == begin.cpus.end()) continue;  // came online in between
    usage.cpus[number] = grown(before->second, cpu);
    usage.foreign_cpu_ns[number] = usage.cpus[number].busy_ns;
  }
  for (const auto& [number, spent_ns] : end.softirqd_ns) {
    const auto before = begin.softirqd_ns.find(number);
    if (before == begin.softirqd_ns.end() || !usage.cpus.contains(number)) continue;
    usage.softirqd_ns[number] = std::max<std::int64_t>(0, spent_ns - before->second);
    usage.foreign_cpu_ns[number] -= usage.softirqd_ns[number];
  }
  for (const auto& process : own) take_off(usage, process);
  for (auto& [number, foreign_ns] : usage.foreign_cpu_ns) {
    foreign_ns = std::max<std::int64_t>(0, foreign_ns);
  }
  for (const kernel_use& thread : kernel) take_off(usage, thread);
  for (const auto& [resource, after] : end.pressure) {
    const auto before = begin.pressure.find(resource);
    if (before == begin.pressure.end()) continue;
    usage.pressure[resource] = {grown(before->second.some_ns, after.some_ns),
                                grown(before->second.full_ns, after.full_ns)};
  }
  return usage;
}

json to_json(const host_usage& usage) {
  json steal = json::object();
  json foreign = json::object();
  json softirqd = json::object();
  json pressure = json::object();
  std::int64_t irq_ns = 0;
  for (const auto& [number, cpu] : usage.cpus) {
    steal[std::to_string(number)] = cpu.steal_ns;
    irq_ns += cpu.irq_ns;
  }
  for (const auto& [number, ns] : usage.foreign_cpu_ns) foreign[std::to_string(number)] = ns;
  for (const auto& [number, ns] : usage.softirqd_ns) softirqd[std::to_string(number)] = ns;
  for (const auto& [resource, stalled] : usage.pressure) {
    pressure[resource] = {{"some_ns", or_null(stalled.some_ns)},
                          {"full_ns", or_null(stalled.full_ns)}};
  }
  const bool known = !usage.cpus.empty();
  json object;
  object["steal_ns"] = known ? steal : json(nullptr);
  object["foreign_cpu_ns"] = known ? foreign : json(nullptr);
  object["kernel_threads_ns"] =
      usage.kernel_threads_ns.empty() ? json(nullptr) : json(usage.kernel_threads_ns);
  object["softirqd_ns"] = softirqd.empty() ? json(nullptr) : softirqd;
  object["pressure"] = pressure.empty() ? json(nullptr) : pressure;
  object["irq_ns"] = known ? json(irq_ns) : json(nullptr);
  object["anchor_ns"] = nullptr;
  return object;
}

}  // namespace skein::measure
