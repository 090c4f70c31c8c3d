// Builds the environment object in the order of the record's format, and identifies the build.
#include "harness/measure/environment.hpp"

#include <array>
#include <boost/version.hpp>
#include <gnu/libc-version.h>
#include <locale>
#include <sstream>
#include <string_view>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <uv.h>

#include "harness/measure/cgroup.hpp"
#include "harness/measure/cpu_environment.hpp"
#include "harness/measure/file_hash.hpp"

#if !defined(SKEIN_BUILD_TYPE) || !defined(SKEIN_BUILD_FLAGS)
#error "The build defines SKEIN_BUILD_TYPE and SKEIN_BUILD_FLAGS for this file"
#endif

namespace skein::measure {
namespace {

template <typename Value>
json or_absent(const std::optional<Value>& value) {
  return value ? json(*value) : json(absent);
}

std::string compiler() {
#if defined(__clang__)
  return "clang " __clang_version__;
#else
  return "g++ " __VERSION__;
#endif
}

std::string boost_version() {
  return std::to_string(BOOST_VERSION / 100'000) + '.' +
         std::to_string(BOOST_VERSION / 100 % 1'000) + '.' + std::to_string(BOOST_VERSION % 100);
}

/// Keeps the parameters that tune the kernel. The first process's own arguments follow "--", and
/// the parameters left out here name disks, files and consoles.
std::string tuning_part(std::string_view cmdline) {
  constexpr std::array unrelated =
      std::to_array<std::string_view>({"root=", "init=", "rdinit=", "initrd=", "BOOT_IMAGE=",
                                       "resume=", "console=", "rootflags=", "rootfstype=", "ip="});
  std::string kept;
  for (const auto word : split_words(cmdline)) {
    if (word == "--") break;
    bool skip = false;
    for (const auto prefix : unrelated) skip = skip || word.starts_with(prefix);
    if (skip) continue;
    if (!kept.empty()) kept += ' ';
    kept += word;
  }
  return kept;
}

json cmdline(const system_paths& paths) {
  const auto line = read_line(paths.proc + "/cmdline");
  return line ? json(tuning_part(*line)) : json(absent);
}

/// The preemption model chosen at boot where the kernel shows it, otherwise the one it was built
/// with.
json preempt(const system_paths& paths, std::string_view version) {
  if (const auto chosen = read_line(paths.sys + "/kernel/debug/sched/preempt")) return *chosen;
  for (const auto word : split_words(version)) {
    if (word.starts_with("PREEMPT")) return word;
  }
  return version.empty() ? absent : "none";
}

/// "madvise" of "always [madvise] never".
json chosen_word(const std::string& path) {
  const auto line = read_line(path);
  if (!line) return absent;
  const auto open = line->find('[');
  const auto close = line->find(']');
  if (open == std::string::npos || close == std::string::npos || close < open) return *line;
  return line->substr(open + 1, close - open - 1);
}

json hz(const system_paths& paths, const std::string& release) {
  for (const auto& path : {paths.proc + "/config.gz", "/boot/config-" + release}) {
    const auto text = read_gzip_text(path);
    const auto key = text ? text->find("\nCONFIG_HZ=") : std::string::npos;
    if (key == std::string::npos) continue;
    const auto value = std::string_view(*text).substr(key + 11);
    return or_absent(parse_integer(value.substr(0, value.find('\n'))));
  }
  return absent;
}

json memory_field(const system_paths& paths, std::string_view name) {
  const auto text = read_text(paths.proc + "/meminfo");
  return or_absent(text ? field_bytes(*text, name) : std::nullopt);
}

/// Version 1 writes "no limit" as -1 for the CPU and as a number near 2^63 for memory. Both are
/// recorded as version 2 writes them.
json cgroup_cpu_max(const system_paths& paths) {
  const auto place = find_cgroup(::getpid(), "cpu", paths);
  if (!place) return absent;
  if (place->version == 2) return or_absent(place->line_of("cpu.max"));
  const auto quota = place->integer_of("cpu.cfs_quota_us");
  const auto period = place->integer_of("cpu.cfs_period_us");
  if (!quota || !period) return absent;
  return (*quota < 0 ? "max" : std::to_string(*quota)) + ' ' + std::to_string(*period);
}

json cgroup_memory_max(const system_paths& paths) {
  constexpr std::int64_t no_limit = std::int64_t{1} << 62;
  const auto place = find_cgroup(::getpid(), "memory", paths);
  if (!place) return absent;
  const char* file = place->version == 2 ? "memory.max" : "memory.limit_in_bytes";
  const auto line = place->line_of(file);
  const auto bytes = line ? parse_integer(*line) : std::nullopt;
  if (!bytes) return or_absent(line);
  return *bytes >= no_limit ? json("max") : json(*bytes);
}

json cgroup(const system_paths& paths) {
  const auto place = find_cgroup(::getpid(), "memory", paths);
  json object;
  object["version"] = place ? json(place->version) : json(absent);
  object["cpu_max"] = cgroup_cpu_max(paths);
  object["memory_max"] = cgroup_memory_max(paths);
  return object;
}

/// The soft limit, which is the one in force.
json soft_limit(int resource) {
  rlimit limit{};
  if (::getrlimit(static_cast<__rlimit_resource>(resource), &limit) != 0) return absent;
  return limit.rlim_cur == RLIM_INFINITY ? json("unlimited") : json(limit.rlim_cur);
}

json rlimits() {
  json object;
  object["nofile"] = soft_limit(RLIMIT_NOFILE);
  object["nproc"] = soft_limit(RLIMIT_NPROC);
  object["stack"] = soft_limit(RLIMIT_STACK);
  return object;
}

json port_range(const std::string& path) {
  const auto line = read_line(path);
  if (!line) return absent;
  json range = json::array();
  for (const auto word : split_words(*line)) range.push_back(or_absent(parse_integer(word)));
  return range;
}

json sysctl(const system_paths& paths) {
  const std::string root = paths.proc + "/sys/";
  json object;
  object["somaxconn"] = or_absent(read_integer(root + "net/core/somaxconn"));
  object["ip_local_port_range"] = port_range(root + "net/ipv4/ip_local_port_range");
  object["max_map_count"] = or_absent(read_integer(root + "vm/max_map_count"));
  object["threads_max"] = or_absent(read_integer(root + "kernel/threads-max"));
  object["pid_max"] = or_absent(read_integer(root + "kernel/pid_max"));
  object["perf_event_paranoid"] = or_absent(read_integer(root + "kernel/perf_event_paranoid"));
  return object;
}

/// Averages over 1, 5 and 15 minutes.
json load(const system_paths& paths) {
  const auto line = read_line(paths.proc + "/loadavg");
  if (!line) return absent;
  std::istringstream in(*line);
  in.imbue(std::locale::classic());
  std::array<double, 3> averages{};
  for (auto& average : averages) in >> average;
  return in ? json(averages) : json(absent);
}

}  // namespace

json capture_environment(const system_paths& paths) {
  utsname system{};
  ::uname(&system);
  const json cpu = capture_cpu_environment(paths);
  json object;
  for (const auto* key : {"cpu_model", "cpus_online", "smt", "governor", "turbo"}) {
    object[key] = cpu.at(key);
  }
  object["kernel"] = std::string(system.sysname) + ' ' + system.release;
  object["cmdline"] = cmdline(paths);
  object["preempt"] = preempt(paths, system.version);
  object["hz"] = hz(paths, system.release);
  object["mitigations"] = cpu.at("mitigations");
  object["virtualization"] = cpu.at("virtualization");
  object["clocksource"] = or_absent(
      read_line(paths.sys + "/devices/system/clocksource/clocksource0/current_clocksource"));
  object["thp"] = chosen_word(paths.sys + "/kernel/mm/transparent_hugepage/enabled");
  object["aslr"] = or_absent(read_integer(paths.proc + "/sys/kernel/randomize_va_space"));
  object["numa"] = cpu.at("numa");
  object["mem_total_bytes"] = memory_field(paths, "MemTotal");
  object["swap_bytes"] = memory_field(paths, "SwapTotal");
  object["cgroup"] = cgroup(paths);
  object["rlimits"] = rlimits();
  object["sysctl"] = sysctl(paths);
  object["load"] = load(paths);
  object["libc"] = std::string("glibc ") + ::gnu_get_libc_version();
  object["compiler"] = compiler();
  object["boost"] = boost_version();
  object["libuv"] = ::uv_version_string();
  return object;
}

std::string environment_hash(const json& environment) {
  constexpr std::array decisive{
      "cpu_model",   "cpus_online",    "smt",         "governor", "turbo",  "kernel",
      "cmdline",     "preempt",        "hz",          "numa",     "thp",    "aslr",
      "mitigations", "virtualization", "clocksource", "cgroup",   "sysctl", "libc",
      "compiler",    "boost",          "libuv"};
  json parts;
  for (const auto* key : decisive) {
    const auto found = environment.find(key);
    parts[key] = found == environment.end() ? json(nullptr) : *found;
  }
  return text_hash(measure::to_text(parts));
}

json build_settings() {
  return {{"compiler", compiler()}, {"flags", SKEIN_BUILD_FLAGS}, {"type", SKEIN_BUILD_TYPE}};
}

json capture_build() {
  json object = build_settings();
  object["binary_sha256"] = or_null(file_sha256("/proc/self/exe"));  // this process opens it
  return object;
}

}  // namespace skein::measure
