// /proc/PID/stat tells what is a thread of the kernel and where it ran last, /proc/PID/status where
// it may run, and /proc/PID/schedstat what it used.
#include "harness/measure/kernel_threads.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

namespace skein::measure {
namespace {

constexpr std::array serving{"kswapd", "kcompactd", "khugepaged", "kdamond",
                             "rcu",    "kworker/",  "migration/"};

/// Rescuers work only where no other worker can be had: a score of threads that always sleep.
constexpr std::string_view rescuer = "kworker/R-";

bool serves(std::string_view name) {
  if (name.starts_with(rescuer)) return false;
  return std::any_of(serving.begin(), serving.end(),
                     [&](std::string_view prefix) { return name.starts_with(prefix); });
}

/// A kworker's name ends with the queue of its last work ("kworker/0:1H-kblockd"), behind a plus
/// while it is at it.
bool serves_disks(std::string_view name) {
  constexpr std::array queues{"flush-", "kblockd", "writeback"};
  const auto mark = name.find_first_of("+-");
  if (!name.starts_with("kworker/") || mark == std::string_view::npos) return false;
  const auto queue = name.substr(mark + 1);
  return std::any_of(queues.begin(), queues.end(),
                     [queue](std::string_view prefix) { return queue.starts_with(prefix); });
}

struct kernel_stat {
  std::string name;
  std::optional<int> cpu;
};

/// Of a thread of the kernel; empty for any other process. The name stands in parentheses and may
/// hold anything; the flags are the ninth field, and the CPU is the 39th.
std::optional<kernel_stat> read_kernel_stat(const std::string& directory) {
  constexpr std::int64_t is_kernel_thread = 0x00200000;  // PF_KTHREAD
  constexpr std::size_t flags = 9 - 3;
  constexpr std::size_t processor = 39 - 3;
  const auto text = read_text(directory + "/stat");
  if (!text) return std::nullopt;
  const auto begin = text->find('(');
  const auto end = text->rfind(')');
  if (begin == std::string::npos || end == std::string::npos) return std::nullopt;
  const auto words = split_words(std::string_view(*text).substr(end + 1));
  if (words.size() <= flags) return std::nullopt;
  if ((parse_integer(words[flags]).value_or(0) & is_kernel_thread) == 0) return std::nullopt;
  kernel_stat found{text->substr(begin + 1, end - begin - 1), std::nullopt};
  if (words.size() > processor) {
    if (const auto cpu = parse_integer(words[processor])) found.cpu = static_cast<int>(*cpu);
  }
  return found;
}

std::vector<int> cpus_of(const std::string& directory) {
  const auto text = read_text(directory + "/status");
  if (!text) return {};
  return parse_cpu_list(field_text(*text, "Cpus_allowed_list").value_or(""));
}

std::vector<int> in_both(const std::vector<int>& some, const std::vector<int>& others) {
  std::vector<int> both;
  std::copy_if(some.begin(), some.end(), std::back_inserter(both), [&](int cpu) {
    return std::find(others.begin(), others.end(), cpu) != others.end();
  });
  return both;
}

/// Where it was seen; where that is unknown, where it may run.
std::vector<int> cpus_seen(const kernel_thread& thread, const kernel_reading& begin,
                           const kernel_reading& end) {
  if (!begin.cpu || !end.cpu) return thread.cpus;
  if (*begin.cpu == *end.cpu) return {*end.cpu};
  return {*begin.cpu, *end.cpu};
}

}  // namespace

kernel_threads find_kernel_threads(const std::vector<int>& cpus, const system_paths& paths) {
  kernel_threads found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(paths.proc, error)) {
    const auto pid = parse_integer(entry.path().filename().string());
    if (!pid) continue;
    const auto stat = read_kernel_stat(entry.path().string());
    if (!stat || !serves(stat->name)) continue;
    kernel_thread thread{stat->name.substr(0, stat->name.find('/')),
                         in_both(cpus_of(entry.path().string()), cpus)};
    if (!thread.cpus.empty()) found.emplace(static_cast<pid_t>(*pid), std::move(thread));
  }
  return found;
}

kernel_times read_kernel_threads(const kernel_threads& threads, const system_paths& paths) {
  kernel_times times;
  for (const auto& [pid, thread] : threads) {
    const std::string directory = paths.proc + "/" + std::to_string(pid);
    const auto spent_ns = read_integer(directory + "/schedstat");
    const auto stat = read_kernel_stat(directory);
    if (spent_ns && stat) {
      times.emplace(pid, kernel_reading{*spent_ns, stat->cpu, serves_disks(stat->name)});
    }
  }
  return times;
}

std::vector<kernel_use> kernel_between(const kernel_threads& threads, const kernel_times& begin,
                                       const kernel_times& end) {
  std::vector<kernel_use> used;
  for (const auto& [pid, after] : end) {
    const auto found = begin.find(pid);
    const auto thread = threads.find(pid);
    if (found == begin.end() || thread == threads.end()) continue;
    const kernel_reading& before = found->second;
    if (after.spent_ns <= before.spent_ns) continue;
    if (before.served_disks_last && after.served_disks_last) continue;
    auto cpus = cpus_seen(thread->second, before, after);
    if (in_both(cpus, thread->second.cpus).empty()) continue;
    used.push_back({thread->second.name, std::move(cpus), after.spent_ns - before.spent_ns});
  }
  return used;
}

}  // namespace skein::measure
