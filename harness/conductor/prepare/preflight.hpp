// Compares what a cell needs with what this machine allows, before anything is started. Leaves out
// mappings: whether each stack needs one depends on how a runtime guards it, and the runtime
// reports that itself (limit_error).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "harness/cells/cell.hpp"
#include "harness/conductor/outcome.hpp"
#include "harness/conductor/prepare/network.hpp"
#include "harness/measure/limits.hpp"
#include "runtimes/info.hpp"

namespace skein::conductor {

/// A lower bound of what the cell takes here: a cell whose need exceeds a limit cannot work.
measure::cell_needs needs_of(const cell& asked, ends_here here = ends_here::both);

/// The fewest loops whose descriptor tables hold these connections, with `descriptors` per table
/// (empty: no limit).
std::int64_t loops_for(std::int64_t connections, std::optional<std::int64_t> descriptors);

/// What one task may take of the kernel's slabs, in bytes.
struct slab_bounds {
  std::int64_t least = 0;
  std::int64_t most = 0;
};

/// What the kernel keeps in slabs for the ends of a task's connection and for its thread: 0 for a
/// task that has neither. `foreign`: a worker that is not our own, whose tasks may have threads.
slab_bounds slab_bounds_of(const cell& asked, bool foreign, ends_here here = ends_here::both);

/// How many tasks of the cell are threads; 0 for other runtimes.
std::int64_t threads_of(const cell& asked);

/// True where `stack_bytes` is the size of the stacks of the cell's tasks, and also while the style
/// of a foreign worker is not known.
bool takes_stack_bytes(const cell& asked);

/// The largest stack, in whole pages, such that all tasks of the cell fit one each into a process's
/// address space (the processor's, or RLIMIT_AS) and one of them fits into this machine's memory.
std::int64_t largest_stack_bytes(const cell& asked);

/// A limit if the grid is finer than the runtime's timers can express. Their rounding must not be
/// taken for lateness.
std::optional<limit_fact> grid_obstacle(const cell& asked, const runtime_info& runtime);

/// The first limit that is too low: the machine's, or our own ceilings on threads and (where there
/// is one) on memory.
std::optional<limit_fact> first_obstacle(const cell& asked, std::int64_t thread_ceiling,
                                         std::optional<std::int64_t> memory_ceiling_bytes = {},
                                         ends_here here = ends_here::both);

/// For the doctor: what the published cells need, including CPUs to pin to.
measure::cell_needs needs_of_published_cells();

}  // namespace skein::conductor
