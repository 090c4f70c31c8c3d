#include "harness/conductor/conditions.hpp"

#include "harness/cells/defaults.hpp"
#include "harness/cells/parameters.hpp"

namespace skein::conductor {

json asked_conditions(const cell& asked) {
  namespace defaults = cells::defaults;
  json asked_for{{"inline_budget", defaults::inline_budget},
                 {"events_per_wait", defaults::events_per_wait},
                 {"tick_ns", cells::tick_for(asked.grid_ns)},
                 {"timer_slack_ns", defaults::timer_slack_ns},
                 {"buffer", measure::or_null(asked.buffer)},
                 {"buffer_bytes", measure::or_null(asked.buffer_bytes)},
                 {"stack_bytes", measure::or_null(asked.stack_bytes)}};
  // Whether a foreign worker has the choice is not known, so it is asked only for what was typed.
  if (asked.timers) asked_for["timers"] = *asked.timers;
  return asked_for;
}

std::vector<std::string> condition_differences(const json& asked, const json& conditions) {
  if (conditions.is_null()) return {};
  if (!conditions.is_object()) return {"the conditions are not an object"};
  std::vector<std::string> differences;
  for (const auto& [name, value] : asked.items()) {
    const auto found = conditions.find(name);
    if (found == conditions.end() || found->is_null() || *found == value) continue;
    differences.push_back(name + ": asked " + measure::to_text(value) + ", the worker has " +
                          measure::to_text(*found));
  }
  return differences;
}

}  // namespace skein::conductor
