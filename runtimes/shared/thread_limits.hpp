// Which limit of the machine a refused thread ran into. pthread_create only says EAGAIN; a result
// must name the limit, its value and what was needed.
#pragma once

#include <cstddef>

#include "runtimes/errors.hpp"

namespace skein {

/// The limit on threads with the least room left, of RLIMIT_NPROC, kernel.pid_max,
/// kernel.threads-max, the pids.max of the control group and those around it, and, because glibc
/// maps stacks, vm.max_map_count. Reads /proc and /sys; call it only after a thread was refused.
/// `own_threads` is how many the caller knows of in this process; `stack_bytes` what glibc had to
/// map for it, 0 for a stack that was there already. Where RLIMIT_AS has no room for that, it is
/// RLIMIT_AS.
limit_error refused_thread(std::size_t own_threads, std::size_t stack_bytes);

}  // namespace skein
