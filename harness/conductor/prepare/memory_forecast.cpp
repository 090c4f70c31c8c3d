// One straight line, compared with the memory that is left.
#include "harness/conductor/prepare/memory_forecast.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <span>

#include "harness/measure/memory_budget.hpp"
#include "harness/measure/memory_slope.hpp"

namespace skein::conductor {
namespace {

using measure::memory_point;

/// The process's own memory, known exactly; only its pages where some reading lacks the rest.
std::optional<std::int64_t> own_bytes(const memory_point& point, bool with_kernel) {
  if (!point.rss_anon_bytes || !with_kernel) return point.rss_anon_bytes;
  return *point.rss_anon_bytes + *point.kernel_stack_bytes + *point.page_table_bytes;
}

std::vector<measure::line_point> own_line(const std::vector<memory_point>& points) {
  const bool with_kernel = std::all_of(points.begin(), points.end(), [](const auto& each) {
    return each.kernel_stack_bytes && each.page_table_bytes;
  });
  std::vector<measure::line_point> line;
  for (const memory_point& point : points) {
    const auto bytes = own_bytes(point, with_kernel);
    if (bytes) line.push_back({static_cast<double>(point.tasks), static_cast<double>(*bytes)});
  }
  return line;
}

/// What the cell has added to the kernel's slabs, from the first reading to the last.
std::int64_t slab_growth(const std::vector<memory_point>& points) {
  const auto first = points.front().slab_bytes();
  const auto last = points.back().slab_bytes();
  if (!first || !last) return 0;
  return *last - *first - slab_drift_bytes;
}

std::optional<std::int64_t> lesser(std::optional<std::int64_t> one,
                                   std::optional<std::int64_t> other) {
  if (!one || !other) return one ? one : other;
  return std::min(*one, *other);
}

/// The most that a task is assumed to take, with its part of a connection.
std::int64_t most_task_bytes(const cell& asked, bool foreign) {
  constexpr std::int64_t unknown_bytes = 32 * 1024;
  constexpr std::int64_t thread_bytes = 48 * 1024;
  constexpr std::int64_t stack_bytes = 12 * 1024;
  constexpr std::int64_t object_bytes = 1024;
  constexpr std::int64_t connection_bytes = 16 * 1024;
  constexpr std::int64_t level_bytes = 512;
  const std::int64_t nested = asked.held_bytes.value_or(0) + level_bytes * asked.depth.value_or(0);
  const std::int64_t shared = nested + (asked.as<c10k::cell>() != nullptr ? connection_bytes : 0);
  if (foreign) return unknown_bytes + shared;
  if (threads_of(asked) > 0) return thread_bytes + shared;
  return (cells::has_stacks(asked.style.value_or("")) ? stack_bytes : object_bytes) + shared;
}

}  // namespace

memory_bounds memory_bounds_now(std::optional<std::int64_t> ceiling_bytes) {
  return {measure::memory_budget_bytes(), ceiling_bytes};
}

std::optional<limit_fact> memory_obstacle(const std::vector<memory_point>& points,
                                          std::int64_t total, const memory_bounds& bounds,
                                          slab_bounds slabs) {
  const auto line = own_line(points);
  const auto fit = measure::fit_line(line);
  if (!fit) return std::nullopt;
  const std::int64_t tasks = points.back().tasks;
  const auto of_slabs =
      static_cast<double>(std::clamp(slab_growth(points), slabs.least * tasks, slabs.most * tasks));
  const double slope = fit->slope + of_slabs / static_cast<double>(tasks);
  if (slope <= 0) return std::nullopt;
  const auto taken = std::llround(std::max(line.back().y - line.front().y, 0.0) + of_slabs);
  const auto left = bounds.left_bytes ? std::optional(*bounds.left_bytes + taken) : std::nullopt;
  const auto available = lesser(left, bounds.ceiling_bytes);
  const auto needed = static_cast<std::int64_t>(std::llround(slope * static_cast<double>(total)));
  if (!available || needed <= *available) return std::nullopt;
  return limit_fact{
      "memory", *available, needed,
      fmt::format("memory {} < {} bytes: {} tasks at {:.0f} bytes each, as {} of them took; "
                  "the run was ended before the machine had to swap; "
                  "free some memory, or fewer tasks",
                  *available, needed, total, slope, tasks)};
}

void refuse_beyond_memory(const std::vector<memory_point>& points, const cell& asked, bool foreign,
                          std::optional<std::int64_t> ceiling_bytes, ends_here here) {
  const auto obstacle = memory_obstacle(points, asked.count(), memory_bounds_now(ceiling_bytes),
                                        slab_bounds_of(asked, foreign, here));
  if (obstacle) throw cell_ended(*obstacle);
}

std::optional<std::int64_t> first_ramp(const cell& asked, bool foreign,
                                       const memory_bounds& bounds) {
  const auto left = lesser(bounds.left_bytes, bounds.ceiling_bytes);
  if (!left) return std::nullopt;
  const std::int64_t total = asked.count();
  const std::int64_t each = most_task_bytes(asked, foreign);
  const std::int64_t quarter = total / 4;
  if (quarter <= *left / each) return std::nullopt;
  constexpr std::int64_t part = 8;
  const std::int64_t ramp = std::max<std::int64_t>(*left / each / part, 1);
  return ramp < quarter ? std::optional(ramp) : std::nullopt;
}

}  // namespace skein::conductor
