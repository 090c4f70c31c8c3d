// Will all tasks of a cell fit into memory? Before the start the answer is a figure that is known
// of the runtime's style (preflight.hpp); from the first reading on it is the cell's own slope. A
// cell that will not fit ends as a limit, before the machine swaps or its OOM killer acts.
// Leaves out what the machine has to give: measure/memory_budget.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "harness/cells/cell.hpp"
#include "harness/conductor/outcome.hpp"

namespace skein::conductor {

using cells::cell;
using measure::json;

/// What is left for a run to take.
struct memory_bounds {
  std::optional<std::int64_t> left_bytes;     ///< on this machine, from now on; empty: unknown
  std::optional<std::int64_t> ceiling_bytes;  ///< our own, of the whole run (--memory-ceiling)
};

/// What this machine has now, under our own ceiling.
memory_bounds memory_bounds_now(std::optional<std::int64_t> ceiling_bytes);

/// Slabs are counted for the whole machine, and others make them grow and shrink meanwhile. Growth
/// by less than this is not taken to be the cell's: on few tasks it would pass for any slope. What
/// the process itself has, its pages, page tables and kernel stacks, is known exactly.
inline constexpr std::int64_t slab_drift_bytes = std::int64_t{4} * 1024 * 1024;

/// The limit "memory", where `total` tasks take more than there is by the slope of the readings so
/// far (user and kernel memory; user alone where the kernel's is unknown): needed is what they come
/// to in all, value what this run may have, in bytes. Nothing where they fit, and with fewer than
/// two readings.
///
/// @param least_slab_bytes  what each task is known to take of slabs, whatever they seem to have
///                          grown by (preflight.hpp)
std::optional<limit_fact> memory_obstacle(const std::vector<measure::memory_point>& points,
                                          std::int64_t total, const memory_bounds& bounds,
                                          std::int64_t least_slab_bytes = 0);

/// Throws memory_obstacle() of this cell against what the machine has now.
void refuse_beyond_memory(const std::vector<measure::memory_point>& points, const cell& asked,
                          std::optional<std::int64_t> ceiling_bytes);

/// How many tasks to try first where even a quarter of them might not fit: as many as take an
/// eighth of what is left, each at the most that a task of this style is believed to take. Nothing
/// where a quarter fits in any case. `foreign`: a worker not our own, of which little is known.
std::optional<std::int64_t> first_ramp(const cell& asked, bool foreign,
                                       const memory_bounds& bounds);

}  // namespace skein::conductor
