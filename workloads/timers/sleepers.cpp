#include "workloads/timers/sleepers.hpp"

#include <stdexcept>
#include <string>

namespace skein::timers {

pattern pattern_named(std::string_view name) {
  if (name == "spread") return pattern::spread;
  if (name == "storm") return pattern::storm;
  throw std::invalid_argument("unknown pattern '" + std::string(name) +
                              "'; the patterns are spread and storm");
}

time_ns offset_ns(const workloads::parameters& asked, pattern how, std::size_t index) noexcept {
  const auto steps = static_cast<std::uint64_t>(asked.window_ns / asked.grid_ns);
  if (how == pattern::storm) return static_cast<time_ns>(steps) * asked.grid_ns;
  const std::uint64_t step = scatter(asked.seed ^ scatter(index)) % steps;
  return static_cast<time_ns>(step + 1) * asked.grid_ns;
}

std::uint64_t fingerprint(std::size_t index, time_ns offset) noexcept {
  return scatter(scatter(index) ^ static_cast<std::uint64_t>(offset));
}

workloads::work_counts expected(const workloads::parameters& asked) {
  const pattern how = pattern_named(asked.pattern);
  workloads::work_counts counts;
  for (std::size_t index = 0; index < asked.tasks; ++index) {
    ++counts.units;
    counts.checksum += fingerprint(index, offset_ns(asked, how, index));
  }
  return counts;
}

}  // namespace skein::timers
