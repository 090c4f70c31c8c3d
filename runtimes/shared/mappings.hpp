// How many mappings a process may have, and how many it has: the limit that stacks with guards of
// their own meet.
#pragma once

#include <cstdint>

namespace skein {

/// vm.max_map_count; the kernel's default where it cannot be read.
std::int64_t max_map_count();

/// Mappings of this process now: the lines of /proc/self/maps. 0 where it cannot be read.
std::int64_t mappings_in_use();

}  // namespace skein
