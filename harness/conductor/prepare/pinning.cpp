// Compares the CPUs asked for with the CPUs allowed.
#include "harness/conductor/prepare/pinning.hpp"

#include <algorithm>
#include <iterator>
#include <sched.h>

#include "harness/cells/units.hpp"
#include "harness/cells/usage_error.hpp"
#include "runtimes/errors.hpp"

namespace skein::conductor {
namespace {

using cells::format_cpus;

bool contains_all(const std::vector<int>& set, const std::vector<int>& wanted) {
  return std::includes(set.begin(), set.end(), wanted.begin(), wanted.end());
}

/// The CPUs to pin one side to. Empty, with a reason added, where a default is not available.
std::vector<int> grant(const char* side, const cpu_request& asked, const std::vector<int>& allowed,
                       std::vector<std::string>& reasons) {
  if (contains_all(allowed, asked.cpus)) return asked.cpus;
  const std::string missing = std::string("CPU ") + format_cpus(asked.cpus) +
                              " is not among the CPUs this process may use (" +
                              format_cpus(allowed) + ")";
  if (asked.explicitly) throw cells::usage_error("--" + std::string(side) + "-cpus: " + missing);
  reasons.push_back("not pinned: " + std::string(side) + ": " + missing);
  return {};
}

}  // namespace

std::vector<int> overlap(const std::vector<int>& one, const std::vector<int>& other) {
  std::vector<int> both;
  std::set_intersection(one.begin(), one.end(), other.begin(), other.end(),
                        std::back_inserter(both));
  return both;
}

std::vector<int> allowed_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  checked(::sched_getaffinity(0, sizeof set, &set), "sched_getaffinity");
  std::vector<int> cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(static_cast<unsigned>(cpu), &set)) cpus.push_back(cpu);
  }
  return cpus;
}

pinning plan_pinning(const cpu_request& worker, const cpu_request& generator,
                     const std::vector<int>& allowed) {
  pinning plan;
  plan.allowed = allowed;
  plan.worker_cpus = grant("worker", worker, allowed, plan.reasons);
  plan.generator_cpus = grant("generator", generator, allowed, plan.reasons);
  const auto shared = overlap(plan.worker_cpus, plan.generator_cpus);
  if (!shared.empty()) {
    plan.reasons.push_back("not apart: worker and generator share CPU " + format_cpus(shared));
  }
  return plan;
}

std::string crowding(std::int64_t workers, const pinning& pins) {
  const std::vector<int>& cpus = pins.worker_set();
  if (workers <= static_cast<std::int64_t>(cpus.size())) return {};
  return "crowded: " + std::to_string(workers) + " workers on CPU " + format_cpus(cpus) +
         ": they take turns, as the kernel has it";
}

void pin_self(const std::vector<int>& cpus) {
  if (cpus.empty()) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int cpu : cpus) CPU_SET(static_cast<unsigned>(cpu), &set);
  checked(::sched_setaffinity(0, sizeof set, &set), "sched_setaffinity");
}

}  // namespace skein::conductor
