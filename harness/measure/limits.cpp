// Reading the machine's limits, and comparing them with needs.
#include "harness/measure/limits.hpp"

#include <algorithm>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>
#include <utility>

#include "harness/measure/cgroup.hpp"
#include "harness/measure/loopback.hpp"
#include "harness/measure/memory_budget.hpp"

namespace skein::measure {
namespace {

using limit = std::optional<std::int64_t>;

/// Empty for RLIM_INFINITY: no limit is treated like an unknown one.
limit hard_limit(int resource) {
  rlimit now{};
  if (::getrlimit(static_cast<__rlimit_resource>(resource), &now) != 0) return std::nullopt;
  if (now.rlim_max == RLIM_INFINITY) return std::nullopt;
  return static_cast<std::int64_t>(now.rlim_max);
}

limit port_range_width(const std::string& path) {
  const auto line = read_line(path);
  if (!line) return std::nullopt;
  const auto words = split_words(*line);
  if (words.size() < 2) return std::nullopt;
  const auto first = parse_integer(words[0]);
  const auto last = parse_integer(words[1]);
  return first && last && *last >= *first ? limit(*last - *first + 1) : std::nullopt;
}

limit count_cpus_allowed() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return std::nullopt;
  return CPU_COUNT(&set);
}

/// Empty for root, which may open files beyond the system's limit.
limit files_left(const system_paths& paths) {
  if (::geteuid() == 0) return std::nullopt;
  const auto line = read_line(paths.proc + "/sys/fs/file-nr");  // in use, unused, most
  if (!line) return std::nullopt;
  const auto words = split_words(*line);
  if (words.size() < 3) return std::nullopt;
  const auto used = parse_integer(words[0]);
  const auto most = parse_integer(words[2]);
  return used && most ? limit(std::max<std::int64_t>(*most - *used, 0)) : std::nullopt;
}

class checklist {
 public:
  void compare(const char* name, const limit& value, std::int64_t needed, std::string remedy) {
    if (needed <= 0) return;
    check item{.name = name, .value = value, .needed = needed, .ok = true, .remedy = {}};
    item.ok = !value || *value >= needed;
    if (!item.ok) item.remedy = std::move(remedy);
    checks_.push_back(std::move(item));
  }
  std::vector<check> take() { return std::move(checks_); }

 private:
  std::vector<check> checks_;
};

std::string set_sysctl(const char* name, std::int64_t value) {
  return std::string("as root: sysctl -w ") + name + '=' + std::to_string(value);
}

/// The threads of a process meet four limits. The rest of the system has some hundreds of threads,
/// so a need that just fits would leave them no room; the machine-wide limits include them.
void check_threads(checklist& list, std::int64_t threads, const machine_limits& limits) {
  constexpr std::int64_t others = 512;
  if (threads <= 0) return;
  const auto all = threads + others;
  list.compare(
      "RLIMIT_NPROC", limits.processes, threads,
      "ulimit -u " + std::to_string(all) + ", or raise nproc in /etc/security/limits.conf");
  list.compare("kernel.threads-max", limits.threads_max, all,
               set_sysctl("kernel.threads-max", all));
  list.compare("kernel.pid_max", limits.pid_max, all, set_sysctl("kernel.pid_max", all));
  list.compare("pids.max", limits.cgroup_pids, threads,
               "raise the control group's pids.max, for a container with --pids-limit " +
                   std::to_string(all));
}

}  // namespace

machine_limits read_limits(const system_paths& paths) {
  const std::string sysctl = paths.proc + "/sys/";
  machine_limits limits;
  limits.descriptors = hard_limit(RLIMIT_NOFILE);
  if (::geteuid() != 0) limits.processes = hard_limit(RLIMIT_NPROC);
  limits.max_map_count = read_integer(sysctl + "vm/max_map_count");
  limits.pid_max = read_integer(sysctl + "kernel/pid_max");
  limits.threads_max = read_integer(sysctl + "kernel/threads-max");
  if (const auto pids = find_cgroup(::getpid(), "pids", paths)) {
    limits.cgroup_pids = pids->least_of("pids.max");
  }
  limits.somaxconn = read_integer(sysctl + "net/core/somaxconn");
  limits.client_ports = port_range_width(sysctl + "net/ipv4/ip_local_port_range");
  limits.files_left = files_left(paths);
  limits.memory_bytes = memory_budget_bytes(paths);
  limits.cpus_allowed = count_cpus_allowed();
  return limits;
}

std::vector<check> checks_for(const cell_needs& needs, const machine_limits& limits) {
  checklist list;
  list.compare("RLIMIT_NOFILE", limits.descriptors, needs.descriptors,
               "ulimit -n " + std::to_string(needs.descriptors) +
                   ", or raise nofile in /etc/security/limits.conf");
  list.compare("fs.file-max", limits.files_left, needs.files,
               "as root: raise fs.file-max (what it leaves is compared), or fewer connections");
  check_threads(list, needs.threads, limits);
  list.compare("vm.max_map_count", limits.max_map_count, needs.mappings,
               set_sysctl("vm.max_map_count", needs.mappings));
  list.compare(
      "net.ipv4.ip_local_port_range", limits.client_ports, needs.client_ports,
      "as root: sysctl -w net.ipv4.ip_local_port_range=\"1024 65535\", or fewer connections");
  list.compare("loopback addresses", limits.client_addresses, needs.client_addresses,
               "127.0.0." + std::to_string(limits.client_addresses.value_or(0) + 1) +
                   " cannot be connected from; "
                   "as root: ip link set lo up, and ip addr add 127.0.0.1/8 dev lo");
  list.compare("net.core.somaxconn", limits.somaxconn, needs.backlog,
               set_sysctl("net.core.somaxconn", needs.backlog));
  list.compare(
      "memory", limits.memory_bytes, needs.memory_bytes,
      "bytes available without swapping, less a reserve, against the least that is needed; "
      "free some memory, or fewer tasks");
  list.compare("cpus allowed", limits.cpus_allowed, needs.cpus,
               "allow more CPUs to this process (taskset, cpuset); "
               "with fewer, worker and generator share one and the run is marked");
  return list.take();
}

std::vector<check> checks_for(const cell_needs& needs) {
  machine_limits limits = read_limits();
  if (needs.client_addresses > 0) {
    limits.client_addresses = usable_loopback_addresses(needs.client_addresses);
  }
  return checks_for(needs, limits);
}

std::optional<check> first_exceeded(const std::vector<check>& checks) {
  for (const auto& item : checks) {
    if (!item.ok) return item;
  }
  return std::nullopt;
}

json to_json(const check& item) {
  json object;
  object["name"] = item.name;
  object["value"] = or_null(item.value);
  object["needed"] = item.needed;
  object["ok"] = item.ok;
  object["remedy"] = item.ok ? json(nullptr) : json(item.remedy);
  return object;
}

void raise_soft_limits() noexcept {
  for (const auto resource : {RLIMIT_NOFILE, RLIMIT_NPROC}) {
    rlimit limit{};
    if (::getrlimit(resource, &limit) != 0) continue;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(resource, &limit);  // if it fails, the run meets the limit and names it
  }
}

std::int64_t descriptor_limit() noexcept {
  rlimit now{};
  return ::getrlimit(RLIMIT_NOFILE, &now) == 0 ? static_cast<std::int64_t>(now.rlim_cur) : 0;
}

}  // namespace skein::measure
