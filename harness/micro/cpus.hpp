// The CPUs this process may use, and keeping a thread on one of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <sched.h>
#include <vector>

#include "runtimes/errors.hpp"

namespace skein::micro {

/// In ascending order, as they were at the first call, which comes before the process pins itself
/// to one of them. Throws std::system_error.
inline const std::vector<std::size_t>& allowed_cpus() {
  static const std::vector<std::size_t> cpus = [] {
    cpu_set_t allowed;
    checked(::sched_getaffinity(0, sizeof allowed, &allowed), "sched_getaffinity");
    std::vector<std::size_t> found;
    for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(cpu, &allowed)) found.push_back(cpu);
    }
    return found;
  }();
  return cpus;
}

/// The CPU of this place among them. Throws limit_error where there are fewer.
inline std::size_t cpu_at(std::size_t place) {
  const auto& cpus = allowed_cpus();
  if (place < cpus.size()) return cpus[place];
  throw limit_error("CPUs of this process", static_cast<std::int64_t>(cpus.size()),
                    static_cast<std::int64_t>(place + 1));
}

/// Keeps the calling thread on `cpu`. Throws std::system_error.
inline void pin_thread_to(std::size_t cpu) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  checked(::sched_setaffinity(0, sizeof one, &one), "sched_setaffinity");
}

}  // namespace skein::micro
