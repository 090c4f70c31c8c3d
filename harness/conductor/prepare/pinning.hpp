// Which CPUs worker and generator run on. Leaves out pinning a child (child_process.hpp).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/measure/affinity.hpp"

namespace skein::conductor {

using measure::allowed_cpus;
using measure::pin_self;

/// The CPUs asked for. A default is dropped where it is not available; an explicit request is not.
struct cpu_request {
  std::vector<int> cpus;
  bool explicitly = false;
};

/// The plan. An empty set: not pinned.
struct pinning {
  std::vector<int> worker_cpus;
  std::vector<int> generator_cpus;
  std::vector<int> allowed;          ///< where an unpinned side may run
  std::vector<std::string> reasons;  ///< why a run is marked: not pinned, or sharing a CPU
  /// The load generator has CPUs of its own on another host; `generator_cpus` are then those of the
  /// conductor alone.
  bool generator_elsewhere = false;

  [[nodiscard]] const std::vector<int>& worker_set() const {
    return worker_cpus.empty() ? allowed : worker_cpus;
  }
  [[nodiscard]] const std::vector<int>& generator_set() const {
    return generator_cpus.empty() ? allowed : generator_cpus;
  }
};

/// CPUs that are in both of two sets, each in ascending order.
std::vector<int> overlap(const std::vector<int>& one, const std::vector<int>& other);

/// Throws usage_error, naming the allowed set, when an explicit request cannot be met. A default
/// that cannot be met is dropped and a reason added; a reason is also added where the two sides
/// share a CPU.
pinning plan_pinning(const cpu_request& worker, const cpu_request& generator,
                     const std::vector<int>& allowed);

/// The same where the load generator is on another host, whose CPUs the request means: here they
/// are the conductor's, as far as they are to be had, and nothing is said of them.
pinning plan_pinning_here(const cpu_request& worker, cpu_request generator,
                          const std::vector<int>& allowed);

/// What marks a run that has more workers than CPUs for them; empty where it has not.
std::string crowding(std::int64_t workers, const pinning& pins);

}  // namespace skein::conductor
