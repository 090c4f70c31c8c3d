// /proc/PID/stat tells what is a thread of the kernel, /proc/PID/status where it may run, and
// /proc/PID/schedstat what it used.
#include "harness/measure/kernel_threads.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <string_view>

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

/// The name of a thread of the kernel; empty for any other process. The name stands in parentheses
/// and may hold anything; the flags are the ninth field.
std::optional<std::string> kernel_name(const std::string& directory) {
  constexpr std::int64_t is_kernel_thread = 0x00200000;  // PF_KTHREAD
  constexpr std::size_t flags = 9 - 3;
  const auto text = read_text(directory + "/stat");
  if (!text) return std::nullopt;
  const auto begin = text->find('(');
  const auto end = text->rfind(')');
  if (begin == std::string::npos || end == std::string::npos) return std::nullopt;
  const auto words = split_words(std::string_view(*text).substr(end + 1));
  if (words.size() <= flags) return std::nullopt;
  if ((parse_integer(words[flags]).value_or(0) & is_kernel_thread) == 0) return std::nullopt;
  return text->substr(begin + 1, end - begin - 1);
}

std::vector<int> cpus_of(const std::string& directory) {
  const auto text = read_text(directory + "/status");
  if (!text) return {};
  return parse_cpu_list(field_text(*text, "Cpus_allowed_list").value_or(""));
}

bool share_one(const std::vector<int>& some, const std::vector<int>& others) {
  return std::any_of(some.begin(), some.end(), [&](int cpu) {
    return std::find(others.begin(), others.end(), cpu) != others.end();
  });
}

}  // namespace

kernel_threads find_kernel_threads(const std::vector<int>& cpus, const system_paths& paths) {
  kernel_threads found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(paths.proc, error)) {
    const auto pid = parse_integer(entry.path().filename().string());
    if (!pid) continue;
    const auto name = kernel_name(entry.path().string());
    if (!name || !serves(*name)) continue;
    kernel_thread thread{name->substr(0, name->find('/')), cpus_of(entry.path().string())};
    if (share_one(thread.cpus, cpus)) found.emplace(static_cast<pid_t>(*pid), std::move(thread));
  }
  return found;
}

kernel_times read_kernel_threads(const kernel_threads& threads, const system_paths& paths) {
  kernel_times times;
  for (const auto& [pid, thread] : threads) {
    const auto spent_ns = read_integer(paths.proc + "/" + std::to_string(pid) + "/schedstat");
    if (spent_ns) times.emplace(pid, *spent_ns);
  }
  return times;
}

std::vector<kernel_use> kernel_between(const kernel_threads& threads, const kernel_times& begin,
                                       const kernel_times& end) {
  std::vector<kernel_use> used;
  for (const auto& [pid, spent_ns] : end) {
    const auto before = begin.find(pid);
    const auto thread = threads.find(pid);
    if (before == begin.end() || thread == threads.end()) continue;
    if (spent_ns <= before->second) continue;
    used.push_back({thread->second.name, thread->second.cpus, spent_ns - before->second});
  }
  return used;
}

}  // namespace skein::measure
