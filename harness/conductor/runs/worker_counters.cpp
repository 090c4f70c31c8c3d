// Connects the two counters of harness/measure with a run.
#include "harness/conductor/runs/worker_counters.hpp"

#include <utility>

namespace skein::conductor {
namespace {

using count = std::optional<std::int64_t>;

count difference(const count& begin, const count& end) {
  return begin && end ? count(*end - *begin) : std::nullopt;
}

/// Empty where the worker does not say it.
std::string allocator_of(const json& conditions) {
  if (!conditions.is_object()) return {};
  const auto found = conditions.find("allocator");
  return found != conditions.end() && found->is_string() ? found->get<std::string>()
                                                         : std::string();
}

}  // namespace

worker_counters::worker_counters(bool wanted) {
  if (!wanted) return;
  allocations_.emplace(measure::counter_library());
  system_calls_.emplace();
}

command_line worker_counters::counted(command_line command) const {
  if (!allocations_) return command;
  for (std::string& word : allocations_->environment()) {
    command.environment.push_back(std::move(word));
  }
  return command;
}

void worker_counters::attach(pid_t worker, outcome& out) {
  if (!allocations_ || !system_calls_) return;
  system_calls_->attach(worker);
  if (!allocations_->total()) out.mark("count: no allocations, " + allocations_->why_not());
  if (!system_calls_->total()) out.mark("count: no system calls, " + system_calls_->why_not());
}

void worker_counters::doubt(const json& conditions, outcome& out) {
  if (!allocations_) return;
  const std::string allocator = allocator_of(conditions);
  by_glibc_ = allocator.starts_with("glibc");
  if (by_glibc_ || !allocations_->total()) return;
  out.mark("count: no allocations, the worker " +
           (allocator.empty() ? "does not say its allocator"
                              : "allocates with " + allocator + ", and only glibc's are counted"));
}

std::optional<work_counts> worker_counters::read() const {
  if (!allocations_ || !system_calls_) return std::nullopt;
  return work_counts{by_glibc_ ? allocations_->total() : std::nullopt, system_calls_->total()};
}

std::optional<work_counts> counts_between(const std::optional<work_counts>& begin,
                                          const std::optional<work_counts>& end) {
  if (!begin || !end) return std::nullopt;
  return work_counts{difference(begin->allocations, end->allocations),
                     difference(begin->system_calls, end->system_calls)};
}

}  // namespace skein::conductor
