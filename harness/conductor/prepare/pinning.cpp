// Compares the CPUs asked for with the CPUs allowed.
#include "harness/conductor/prepare/pinning.hpp"

#include <algorithm>
#include <iterator>

#include "harness/cells/units.hpp"
#include "harness/cells/usage_error.hpp"

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

pinning plan_pinning_here(const cpu_request& worker, cpu_request generator,
                          const std::vector<int>& allowed) {
  generator.explicitly = false;
  pinning plan = plan_pinning(worker, generator, allowed);
  plan.generator_elsewhere = true;
  std::erase_if(plan.reasons, [](const std::string& reason) {
    return !reason.starts_with("not pinned: worker");
  });
  return plan;
}

std::string crowding(std::int64_t workers, const pinning& pins) {
  const std::vector<int>& cpus = pins.worker_set();
  if (workers <= static_cast<std::int64_t>(cpus.size())) return {};
  return "crowded: " + std::to_string(workers) + " workers on CPU " + format_cpus(cpus) +
         ": they take turns, as the kernel has it";
}

}  // namespace skein::conductor
