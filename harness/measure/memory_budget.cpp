// /proc/meminfo and the memory cgroup's files.
#include "harness/measure/memory_budget.hpp"

#include <algorithm>
#include <unistd.h>

#include "harness/measure/cgroup.hpp"

namespace skein::measure {
namespace {

using bytes = std::optional<std::int64_t>;

bytes lesser(bytes one, bytes other) {
  if (!one || !other) return one ? one : other;
  return std::min(*one, *other);
}

bytes of_the_machine(const system_paths& paths) {
  const auto text = read_text(paths.proc + "/meminfo");
  if (!text) return std::nullopt;
  const bytes available = field_bytes(*text, "MemAvailable");
  if (!available) return std::nullopt;
  constexpr std::int64_t reserved_part = 16;
  const std::int64_t total = field_bytes(*text, "MemTotal").value_or(0);
  return *available - std::max(total / reserved_part, memory_reserve_min_bytes);
}

struct cgroup_files {
  const char* limit;
  const char* usage;
  const char* droppable;  ///< in memory.stat
};

constexpr cgroup_files files_of(int version) {
  if (version == 1) {
    return {"/memory.limit_in_bytes", "/memory.usage_in_bytes", "total_inactive_file"};
  }
  return {"/memory.max", "/memory.current", "inactive_file"};
}

/// A group without a limit says "max", or in version 1 a number that exceeds any machine's memory.
bytes of_one_group(const std::string& directory, const cgroup_files& files) {
  constexpr std::int64_t no_limit = std::int64_t{1} << 60;
  const bytes limit = read_integer(directory + files.limit);
  const bytes usage = read_integer(directory + files.usage);
  if (!limit || !usage || *limit >= no_limit) return std::nullopt;
  const auto statistics = read_text(directory + "/memory.stat");
  const bytes droppable = statistics ? field_value(*statistics, files.droppable) : std::nullopt;
  return *limit - (*usage - std::min(droppable.value_or(0), *usage));
}

/// The least that any of the process's groups leaves.
bytes of_the_groups(const system_paths& paths) {
  const auto place = find_cgroup(::getpid(), "memory", paths);
  if (!place) return std::nullopt;
  bytes least;
  for (const auto& directory : place->directories) {
    least = lesser(least, of_one_group(directory, files_of(place->version)));
  }
  return least;
}

}  // namespace

std::optional<std::int64_t> memory_budget_bytes(const system_paths& paths) {
  const bytes left = lesser(of_the_machine(paths), of_the_groups(paths));
  return left ? bytes(std::max<std::int64_t>(*left, 0)) : left;
}

}  // namespace skein::measure
