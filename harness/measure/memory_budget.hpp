// How much memory a run may still take before this machine swaps or its OOM killer chooses a
// victim. Leaves out what a run needs: conductor/preflight.hpp and conductor/memory_forecast.hpp
// estimate it.
#pragma once

#include <cstdint>
#include <optional>

#include "harness/measure/proc_file.hpp"

namespace skein::measure {

/// What is left alone for everything else on the machine: a sixteenth of its memory, and no less
/// than this.
inline constexpr std::int64_t memory_reserve_min_bytes = std::int64_t{256} * 1024 * 1024;

/// The least of what the system says can be had without swapping (MemAvailable) less the reserve,
/// and of what the memory cgroups of this process leave it: their limit less what they hold and
/// could not drop (usage without inactive page cache). Never negative; empty where nothing of it
/// can be read. Both cgroup versions.
std::optional<std::int64_t> memory_budget_bytes(const system_paths& paths = {});

}  // namespace skein::measure
