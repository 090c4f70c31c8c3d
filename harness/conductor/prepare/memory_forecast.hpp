// Will all tasks of a cell fit into memory? Before the start the answer comes from a known figure
// for the runtime's style (preflight.hpp); from the first reading on it comes from the cell's own
// slope. A cell that will not fit ends as a limit, before the machine swaps or its OOM killer acts.
// Leaves out how much memory the machine has left: measure/memory_budget.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "harness/cells/cell.hpp"
#include "harness/conductor/outcome.hpp"
#include "harness/conductor/prepare/preflight.hpp"

namespace skein::conductor {

/// How much memory a run may take.
struct memory_bounds {
  std::optional<std::int64_t> left_bytes;     ///< on this machine, from now on; empty: unknown
  std::optional<std::int64_t> ceiling_bytes;  ///< our own, of the whole run (--memory-ceiling)
};

/// What this machine has left now, and our own ceiling.
memory_bounds memory_bounds_now(std::optional<std::int64_t> ceiling_bytes);

/// Slabs are counted for the whole machine, so other programs make them grow and shrink meanwhile.
/// Growth below this bound is not attributed to the cell, nor is growth beyond what its tasks can
/// take: with few tasks it could pass for any slope. The process's own memory (its pages, page
/// tables and kernel stacks) is known exactly.
inline constexpr std::int64_t slab_drift_bytes = std::int64_t{4} * 1024 * 1024;

/// The limit "memory", if by the slope of the readings so far `total` tasks take more than there
/// is. The slope is of user and kernel memory, or of user memory alone where the kernel's is
/// unknown. In the result `needed` is what all tasks take, `value` what this run may have, in
/// bytes. Empty where they fit, and with fewer than two readings.
///
/// @param slabs  what each task takes of slabs at least and at most, whatever their growth seems
///               to be
std::optional<limit_fact> memory_obstacle(const std::vector<measure::memory_point>& points,
                                          std::int64_t total, const memory_bounds& bounds,
                                          slab_bounds slabs);

/// Throws memory_obstacle() for this cell, given what the machine has left now. `foreign`: as for
/// first_ramp().
void refuse_beyond_memory(const std::vector<measure::memory_point>& points, const cell& asked,
                          bool foreign, std::optional<std::int64_t> ceiling_bytes,
                          ends_here here = ends_here::both);

/// How many tasks to try first where even a quarter of them might not fit: as many as take an
/// eighth of what is left, if each takes the most that a task of this style is assumed to take.
/// Empty where a quarter fits in any case. `foreign`: a worker that is not our own, of which little
/// is known.
std::optional<std::int64_t> first_ramp(const cell& asked, bool foreign,
                                       const memory_bounds& bounds);

}  // namespace skein::conductor
