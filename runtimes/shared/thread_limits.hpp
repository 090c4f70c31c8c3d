// Which limit of the machine a refused thread ran into. pthread_create only says EAGAIN; a result
// must name the limit, its value and what was needed.
#pragma once

#include <cstddef>

#include "runtimes/errors.hpp"

namespace skein {

/// The limit on threads with the least room left, of RLIMIT_NPROC, kernel.pid_max,
/// kernel.threads-max, the pids.max of the control group and of the groups that contain it, and
/// vm.max_map_count (because glibc maps stacks). If RLIMIT_AS has no room for the stack, it is
/// RLIMIT_AS. Reads /proc and /sys; call it only after a thread was refused. `own_threads` is how
/// many threads the caller knows of in this process. `stack_bytes` is what glibc had to map for the
/// refused one, 0 for a stack that existed already.
limit_error refused_thread(std::size_t own_threads, std::size_t stack_bytes);

}  // namespace skein
