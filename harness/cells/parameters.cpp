// Field by field, in both directions.
#include "harness/cells/parameters.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

#include "harness/cells/defaults.hpp"
#include "harness/cells/describe.hpp"
#include "workloads/all.hpp"

namespace skein::cells {
namespace {

/// A cell has null for the value that goes without saying.
std::optional<std::int64_t> unless(std::int64_t value, std::int64_t usual) {
  return value == usual ? std::nullopt : std::optional(value);
}

/// A scheduler cannot be made with others, and a worker may be asked by anybody.
void check_workers(const cell& asked) {
  const workloads::field& field = field_named(workloads::declaration_of(asked.of), "workers");
  if (asked.workers >= field.least->value && asked.workers <= field.most->value) return;
  throw std::invalid_argument("workers must be from " + std::to_string(field.least->value) +
                              " to " + std::to_string(field.most->value));
}

/// What the echo has of a field that the runtime does not take.
json not_taken(const workloads::field& field) {
  return field.auto_default ? json(*field.usual) : json(nullptr);
}

}  // namespace

/// Every scheduler is built with the same conditions, whether its workload has a use for them or
/// not.
scheduler_options options_for(const cell& asked) {
  scheduler_options options{
      .buffer = buffer_policy::lent,
      .buffer_bytes = static_cast<std::size_t>(c10k::usual::buffer_bytes),
      .stack_bytes =
          static_cast<std::size_t>(asked.stack_bytes.value_or(workloads::usual::stack_bytes)),
      .max_tasks = static_cast<std::size_t>(asked.count()) + defaults::spare_tasks,
      .inline_budget = defaults::inline_budget,
      .events_per_wait = defaults::events_per_wait,
      .tick_ns = defaults::tick_ns,
      .timers = timer_structure::wheel,
      .strategy = asked.strategy.value_or(run_strategy::fifo),
      .workers = static_cast<std::size_t>(asked.workers),
  };
  workloads::set_options(asked.of, options);
  return options;
}

workloads::parameters parameters_for(const cell& asked) {
  check_workers(asked);
  return {asked.of,
          options_for(asked),
          asked.seed,
          {.depth = asked.depth.value_or(workloads::usual::depth),
           .held_bytes = asked.held_bytes.value_or(workloads::usual::held_bytes)}};
}

bool takes(const runtime_info& runtime, const workloads::field& field) {
  if (field.of == "stacks") return runtime.takes_stack_bytes();
  if (field.of == "timer_choice") return runtime.takes_timers;
  if (field.of == "strategy_choice") return runtime.takes_strategy;
  if (field.of == "worker_choice") return runtime.takes_workers;
  if (field.of.empty()) return true;
  throw std::logic_error("no property of runtimes is named " + std::string(field.of));
}

json echo_of(const cell& asked, const workloads::parameters& given, const runtime_info& runtime) {
  cell echo = asked;
  echo.runtime = runtime.id;
  echo.style = runtime.style;
  echo.of = given.of;
  echo.stack_bytes = static_cast<std::int64_t>(given.options.stack_bytes);
  echo.workers = static_cast<std::int64_t>(given.options.workers);
  echo.seed = given.seed;
  echo.depth = unless(given.nested.depth, workloads::usual::depth);
  echo.held_bytes = unless(given.nested.held_bytes, workloads::usual::held_bytes);
  json object = to_json(echo);
  for (const workloads::field& field : workloads::declaration_of(given.of).fields) {
    if (field.measuring || takes(runtime, field)) continue;
    object[std::string(field.name)] = not_taken(field);
  }
  return object;
}

}  // namespace skein::cells
