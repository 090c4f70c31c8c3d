// Bytes per task, as the slope of readings at several task counts, never as a single difference.
// Leaves out taking the readings (process_memory.hpp) and deciding a run's status: it only gives
// reasons.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/measure/json.hpp"
#include "harness/measure/process_memory.hpp"

namespace skein::measure {

struct line_point {
  double x;
  double y;
};

/// Ordinary least squares. The interval (95 %, t distribution with n - 2 degrees of freedom) is
/// that of the slope, and absent with fewer than three points.
struct line_fit {
  double slope;
  double intercept;
  /// 1 for points on a line, even a flat one.
  double r2;
  std::optional<double> slope_low;
  std::optional<double> slope_high;
};

/// Empty with fewer than two different x.
std::optional<line_fit> fit_line(std::span<const line_point> points);

/// Facts that the readings do not contain; an empty one is null in the record.
struct memory_extras {
  std::optional<std::int64_t> peak_rss_bytes = {};
  /// RssAnon once all tasks have ended: was memory given back?
  std::optional<std::int64_t> after_drain_bytes = {};
  std::optional<std::int64_t> frame_bytes = {};
};

struct memory_summary {
  std::vector<memory_point> points;
  std::optional<line_fit> user;           ///< RssAnon
  std::optional<line_fit> kernel;         ///< kernel stacks + page tables + slab
  std::optional<line_fit> total;          ///< user + kernel
  std::optional<line_fit> address_space;  ///< VmSize
  std::optional<line_fit> allocations;    ///< heap allocations, of a counted run
  memory_extras extras;
  /// Why these numbers are missing or cannot be trusted. An entry starts with "memory: ".
  std::vector<std::string> reasons;
  /// False when the total (or user memory, where the kernel's part is unknown) is no line: R^2
  /// below 0.99 and a slope uncertain by more than 64 bytes. A nearly flat line with a poor R^2,
  /// known to within 64 bytes, gets a reason but does not make the result invalid.
  bool linear = true;
};

/// User memory is the anonymous pages, counted by a walk of the page tables. Two other figures must
/// have grown by as much: the kernel's own counter, and the pages that are private and dirty. The
/// tolerance is the larger of this share of the growth and this many bytes for each CPU (the kernel
/// keeps its counter in parts, one for each CPU); beyond it there is a reason.
inline constexpr double cross_check_fraction = 0.02;
inline constexpr std::int64_t cross_check_cpu_bytes = std::int64_t{128} * 1024;

/// The share of the growth of user memory, from the first reading to the last, that the process
/// gave back once its tasks had ended: 1 for all of it, 0 for none, negative where memory grew
/// further. Empty where the growth is less than `returned_growth_min_bytes`, or a reading is
/// missing.
std::optional<double> returned_fraction(const memory_summary& summary);
inline constexpr std::int64_t returned_growth_min_bytes = std::int64_t{256} * 1024;

/// Below this R^2 a slope is no result.
inline constexpr double linear_r2_min = 0.99;

/// Fits every component over the readings in which it is known.
memory_summary summarize_memory(std::vector<memory_point> points, memory_extras extras = {});

/// run.memory:
/// - per_task.r2: that of the total
/// - per_task.interval: {"user_bytes": [low, high], "kernel_bytes": .., "total_bytes": ..,
///   "virtual_bytes": ..}
/// - fixed_bytes: the intercept of the user part (the kernel's would be the whole machine's)
/// - mappings: the lines of /proc/PID/maps at the last reading, when all tasks exist
json to_json(const memory_summary& summary);

}  // namespace skein::measure
