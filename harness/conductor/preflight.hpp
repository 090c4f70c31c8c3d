// What a cell needs against what this machine allows, before anything is started.
// Leaves out mappings: whether stacks need one each depends on how a runtime guards them, and the
// runtime says so itself (limit_error).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "harness/cells/cell.hpp"
#include "harness/conductor/outcome.hpp"
#include "harness/measure/limits.hpp"
#include "runtimes/info.hpp"

namespace skein::conductor {

using cells::cell;
using measure::json;

/// A lower bound of what the cell takes: what exceeds a limit here cannot work.
measure::cell_needs needs_of(const cell& asked);

/// The fewest loops whose descriptor tables, of so many descriptors each (empty: no limit), hold
/// these connections.
std::int64_t loops_for(std::int64_t connections, std::optional<std::int64_t> descriptors);

/// Tasks of a cell of timers, connections of another.
std::int64_t count_of(const cell& asked);

/// What each of them is known to take of the kernel's slabs at least: both ends of a connection,
/// and what the kernel keeps for a thread.
std::int64_t least_slab_bytes(const cell& asked);

/// Tasks of the cell that are threads; 0 for other runtimes.
std::int64_t threads_of(const cell& asked);

/// True where `stack_bytes` is the size of the stacks of the cell's tasks, and while the style of a
/// foreign worker is not known.
bool takes_stack_bytes(const cell& asked);

/// The largest stack of which the cell's tasks could all have one in a process's address space
/// (that of the processor, or RLIMIT_AS) and any one in this machine's memory; whole pages.
std::int64_t largest_stack_bytes(const cell& asked);

/// A grid finer than the runtime's timers can be given. The rounding must not pass for lateness.
std::optional<limit_fact> grid_obstacle(const cell& asked, const runtime_info& runtime);

/// The first limit that stands in the way, the machine's or our own ceilings on threads and on
/// memory (where there is one).
std::optional<limit_fact> first_obstacle(const cell& asked, std::int64_t thread_ceiling,
                                         std::optional<std::int64_t> memory_ceiling_bytes = {});

/// For the doctor: what the published cells need, CPUs to pin to included.
measure::cell_needs needs_of_published_cells();

}  // namespace skein::conductor
