#include "runtimes/shared/thread_limits.hpp"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <limits>
#include <optional>
#include <string>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

#include "runtimes/shared/mappings.hpp"

namespace skein {

namespace {

struct thread_limit {
  std::string name;
  std::int64_t value;
  std::int64_t used;

  std::int64_t room() const noexcept { return value - used; }
};

/// The number a one-line file holds; none if there is no such file or it says "max".
std::optional<std::int64_t> read_number(const std::string& path) {
  std::ifstream file(path);
  std::int64_t number = 0;
  if (file >> number) return number;
  return std::nullopt;
}

/// All threads of the machine: the figure after the slash in the fourth field of /proc/loadavg.
std::int64_t machine_threads() {
  std::ifstream file("/proc/loadavg");
  std::string load;
  std::string running_and_all;
  file >> load >> load >> load >> running_and_all;
  const std::size_t slash = running_and_all.find('/');
  if (slash == std::string::npos) return 0;
  return std::atoll(running_and_all.c_str() + slash + 1);
}

/// Where a file system of control groups is mounted, and this process's path in it.
struct group_place {
  std::string mount;
  std::string path;
};

/// This process's control group with a pids controller; both empty if it has none.
group_place pids_group() {
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string path = line.substr(second + 1);
    if (controllers == "pids") return {"/sys/fs/cgroup/pids", path};
    if (controllers.empty()) return {"/sys/fs/cgroup", path};
  }
  return {};
}

void add_if_known(std::vector<thread_limit>& limits, const char* name,
                  std::optional<std::int64_t> value, std::int64_t used) {
  if (value) limits.push_back({name, *value, used});
}

/// The group's own limit, and the limits of all groups that contain it, up to the mount.
void add_group_limits(std::vector<thread_limit>& limits, std::int64_t own) {
  auto [mount, path] = pids_group();
  if (mount.empty()) return;
  if (path == "/") path.clear();
  for (;; path.resize(path.rfind('/'))) {
    const std::string directory = mount + path;
    add_if_known(limits, "pids.max", read_number(directory + "/pids.max"),
                 read_number(directory + "/pids.current").value_or(own));
    if (path.empty()) return;
  }
}

std::optional<std::int64_t> user_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NPROC, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(limit.rlim_cur);
}

/// RLIMIT_AS, if it has no room for `more_bytes`.
std::optional<limit_error> full_address_space(std::size_t more_bytes) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return std::nullopt;
  const auto allowed = static_cast<std::int64_t>(limit.rlim_cur);
  const std::int64_t used = read_number("/proc/self/statm").value_or(0) * ::sysconf(_SC_PAGESIZE);
  const std::int64_t needed = used + static_cast<std::int64_t>(more_bytes);
  if (more_bytes == 0 || needed <= allowed) return std::nullopt;
  return limit_error("RLIMIT_AS", allowed, needed);
}

}  // namespace

limit_error refused_thread(std::size_t own_threads, std::size_t stack_bytes) {
  if (auto no_room = full_address_space(stack_bytes)) return *no_room;
  const auto own = static_cast<std::int64_t>(own_threads);
  const std::int64_t all = std::max(machine_threads(), own);
  std::vector<thread_limit> limits;
  add_if_known(limits, "RLIMIT_NPROC", user_limit(), own);
  add_if_known(limits, "kernel.pid_max", read_number("/proc/sys/kernel/pid_max"), all);
  add_if_known(limits, "kernel.threads-max", read_number("/proc/sys/kernel/threads-max"), all);
  add_group_limits(limits, own);
  // glibc also reports EAGAIN when it cannot map a stack.
  limits.push_back({"vm.max_map_count", max_map_count(), mappings_in_use()});
  const auto closest = std::min_element(
      limits.begin(), limits.end(),
      [](const thread_limit& a, const thread_limit& b) { return a.room() < b.room(); });
  // The count is read after the refusal, when other threads may have ended. So the result always
  // says that more was needed than the limit allows.
  return {closest->name, closest->value, std::max(closest->used, closest->value) + 1};
}

}  // namespace skein
