// How much memory a run may still take before this machine swaps or its OOM killer acts. Leaves out
// what a run needs: conductor/prepare has its estimate (preflight.hpp, memory_forecast.hpp).
#pragma once

#include <cstdint>
#include <optional>

#include "harness/measure/proc_file.hpp"

namespace skein::measure {

/// The reserve for everything else on the machine is a sixteenth of its memory, and at least this.
inline constexpr std::int64_t memory_reserve_min_bytes = std::int64_t{256} * 1024 * 1024;

/// The lesser of two amounts. One is what the system can provide without swapping (MemAvailable),
/// less the reserve. The other is what the memory cgroups of this process leave it: their limit
/// less what they hold and could not drop (usage without inactive page cache). Never negative;
/// empty where neither can be read. Supports both cgroup versions.
std::optional<std::int64_t> memory_budget_bytes(const system_paths& paths = {});

}  // namespace skein::measure
