// Bytes per task, as the slope of readings at several task counts. Never one difference.
// Leaves out taking the readings (process_memory.hpp) and deciding a run's status: it gives
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

/// Ordinary least squares. The interval (95 %, t distribution with n - 2 degrees of freedom) is of
/// the slope, and absent with fewer than three points.
struct line_fit {
  double slope;
  double intercept;
  /// 1 for points on a line, a flat one included.
  double r2;
  std::optional<double> slope_low;
  std::optional<double> slope_high;
};

/// Nothing with fewer than two different x.
std::optional<line_fit> fit_line(std::span<const line_point> points);

/// What the readings alone do not tell; empty is null in the record.
struct memory_extras {
  std::optional<std::int64_t> peak_rss_bytes = {};
  /// RssAnon once all tasks have ended: does memory come back?
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
  /// Why these numbers are not to be trusted or not there. An entry starts with "memory: ".
  std::vector<std::string> reasons;
  /// False when the total (user memory where the kernel's part is unknown) is no line: R^2 below
  /// 0.99 and a slope uncertain by more than 64 bytes. A poor R^2 of a nearly flat line, known to
  /// within 64 bytes, stays a reason without making the result invalid.
  bool linear = true;
};

/// User memory is anonymous pages counted by a walk of the page tables. The kernel's own counter
/// and the pages that are private and dirty must have grown by as much, within this share of the
/// growth and within this many bytes for each CPU (the counter is kept in parts, one for each CPU);
/// where they have not, there is a reason.
inline constexpr double cross_check_fraction = 0.02;
inline constexpr std::int64_t cross_check_cpu_bytes = std::int64_t{128} * 1024;

/// The share of what user memory grew by, from the first reading to the last, that the process gave
/// back once its tasks had ended: 1 for all of it, 0 for none, negative where it grew further.
/// Nothing where it grew by less than `returned_growth_min_bytes`, or a reading is missing.
std::optional<double> returned_fraction(const memory_summary& summary);
inline constexpr std::int64_t returned_growth_min_bytes = std::int64_t{256} * 1024;

/// R^2 below which a slope is no result.
inline constexpr double linear_r2_min = 0.99;

/// Fits every component over the readings in which it is known.
memory_summary summarize_memory(std::vector<memory_point> points, memory_extras extras = {});

/// run.memory. per_task.r2 is that of the total; per_task.interval is {"user_bytes": [low, high],
/// "kernel_bytes": .., "total_bytes": .., "virtual_bytes": ..}; fixed_bytes is the intercept of the
/// user part (the kernel's would be the whole machine's); mappings are the lines of /proc/PID/maps
/// at the last reading, with all tasks there.
json to_json(const memory_summary& summary);

}  // namespace skein::measure
