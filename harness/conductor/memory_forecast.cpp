// One straight line, held against what is left.
#include "harness/conductor/memory_forecast.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <span>

#include "harness/conductor/preflight.hpp"
#include "harness/measure/memory_budget.hpp"
#include "harness/measure/memory_slope.hpp"

namespace skein::conductor {
namespace {

using measure::memory_point;

/// User and kernel memory of a reading; user alone where the kernel's part is not known of all.
std::optional<std::int64_t> bytes_of(const memory_point& point, bool with_kernel) {
  if (!point.rss_anon_bytes) return std::nullopt;
  return *point.rss_anon_bytes + (with_kernel ? point.kernel_bytes().value_or(0) : 0);
}

std::vector<measure::line_point> line_of(const std::vector<memory_point>& points) {
  const bool with_kernel = std::all_of(points.begin(), points.end(), [](const memory_point& each) {
    return each.kernel_bytes().has_value();
  });
  std::vector<measure::line_point> line;
  for (const memory_point& point : points) {
    const auto bytes = bytes_of(point, with_kernel);
    if (bytes) line.push_back({static_cast<double>(point.tasks), static_cast<double>(*bytes)});
  }
  return line;
}

std::optional<std::int64_t> lesser(std::optional<std::int64_t> one,
                                   std::optional<std::int64_t> other) {
  if (!one || !other) return one ? one : other;
  return std::min(*one, *other);
}

/// The most that a task is believed to take, with its part of a connection.
std::int64_t most_task_bytes(const cell& asked, bool foreign) {
  constexpr std::int64_t unknown_bytes = 32 * 1024;
  constexpr std::int64_t thread_bytes = 48 * 1024;
  constexpr std::int64_t stack_bytes = 12 * 1024;
  constexpr std::int64_t object_bytes = 1024;
  constexpr std::int64_t connection_bytes = 16 * 1024;
  const std::int64_t shared = asked.connections ? connection_bytes : 0;
  if (foreign) return unknown_bytes + shared;
  if (threads_of(asked) > 0) return thread_bytes + shared;
  return (has_stacks(asked.style.value_or("")) ? stack_bytes : object_bytes) + shared;
}

}  // namespace

memory_bounds memory_bounds_now(std::optional<std::int64_t> ceiling_bytes) {
  return {measure::memory_budget_bytes(), ceiling_bytes};
}

std::optional<limit_fact> memory_obstacle(const std::vector<memory_point>& points,
                                          std::int64_t total, const memory_bounds& bounds) {
  const auto line = line_of(points);
  const auto fit = measure::fit_line(line);
  if (!fit || fit->slope <= 0) return std::nullopt;
  const auto taken = std::llround(std::max(line.back().y - line.front().y, 0.0));
  const auto left = bounds.left_bytes ? std::optional(*bounds.left_bytes + taken) : std::nullopt;
  const auto available = lesser(left, bounds.ceiling_bytes);
  const auto needed =
      static_cast<std::int64_t>(std::llround(fit->slope * static_cast<double>(total)));
  if (!available || needed <= *available) return std::nullopt;
  return limit_fact{
      "memory", *available, needed,
      fmt::format("memory {} < {} bytes: {} tasks at {:.0f} bytes each, as {} of them took; the "
                  "run was ended before the machine had to swap; free some memory, or fewer tasks",
                  *available, needed, total, fit->slope, points.back().tasks)};
}

void refuse_beyond_memory(const std::vector<memory_point>& points, std::int64_t total,
                          std::optional<std::int64_t> ceiling_bytes) {
  const auto obstacle = memory_obstacle(points, total, memory_bounds_now(ceiling_bytes));
  if (obstacle) throw cell_ended(*obstacle);
}

std::optional<std::int64_t> first_ramp(const cell& asked, bool foreign,
                                       const memory_bounds& bounds) {
  const auto left = lesser(bounds.left_bytes, bounds.ceiling_bytes);
  if (!left) return std::nullopt;
  const std::int64_t total = asked.tasks.value_or(asked.connections.value_or(0));
  const std::int64_t each = most_task_bytes(asked, foreign);
  const std::int64_t quarter = total / 4;
  if (quarter <= *left / each) return std::nullopt;
  constexpr std::int64_t part = 8;
  const std::int64_t ramp = std::max<std::int64_t>(*left / each / part, 1);
  return ramp < quarter ? std::optional(ramp) : std::nullopt;
}

}  // namespace skein::conductor
