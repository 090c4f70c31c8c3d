// Reads cpu.stat of the process's group and of the groups that contain it.
#include "harness/measure/throttle.hpp"

#include "harness/measure/cgroup.hpp"

namespace skein::measure {
namespace {

/// Version 2 counts microseconds, version 1 nanoseconds; a group without the field has no quota.
std::optional<std::int64_t> throttled_ns(const std::string& file) {
  const auto text = read_text(file);
  if (!text) return std::nullopt;
  if (const auto us = field_value(*text, "throttled_usec")) return *us * 1'000;
  return field_value(*text, "throttled_time");
}

}  // namespace

throttle_counter::throttle_counter(pid_t pid, const system_paths& paths) {
  const auto place = find_cgroup(pid, "cpu", paths);
  if (!place) return;
  for (const std::string& directory : place->directories) {
    std::string file = directory + "/cpu.stat";
    if (throttled_ns(file)) files_.push_back(std::move(file));
  }
}

std::optional<std::int64_t> throttle_counter::read_ns() const {
  std::optional<std::int64_t> sum;
  for (const std::string& file : files_) {
    if (const auto one = throttled_ns(file)) sum = sum.value_or(0) + *one;
  }
  return sum;
}

}  // namespace skein::measure
