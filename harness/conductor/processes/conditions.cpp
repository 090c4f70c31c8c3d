#include "harness/conductor/processes/conditions.hpp"

#include "harness/cells/defaults.hpp"
#include "harness/cells/parameters.hpp"

namespace skein::conductor {

json asked_conditions(const cell& asked) {
  const scheduler_options options = cells::options_for(asked);
  json asked_for{{"inline_budget", options.inline_budget},
                 {"events_per_wait", options.events_per_wait},
                 {"tick_ns", options.tick_ns},
                 {"timer_slack_ns", cells::defaults::timer_slack_ns},
                 {"buffer", workloads::word_of(options.buffer)},
                 {"buffer_bytes", options.buffer_bytes},
                 {"stack_bytes", measure::or_null(asked.stack_bytes)}};
  // Whether a foreign worker has the choice is not known, so it is asked only for what was typed.
  const json fields = to_json(asked);
  if (fields.contains("timers") && !fields["timers"].is_null()) {
    asked_for["timers"] = fields["timers"];
  }
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
