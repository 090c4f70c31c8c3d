// Field by field, in both directions.
#include "harness/cells/parameters.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <stdexcept>

#include "harness/cells/defaults.hpp"

namespace skein::cells {
namespace {

std::size_t size_of(const std::optional<std::int64_t>& value, const char* name) {
  if (value.value_or(0) < 0) throw std::invalid_argument(std::string(name) + " is negative");
  return static_cast<std::size_t>(value.value_or(0));
}

buffer_policy policy_of(const std::optional<std::string>& name) {
  if (!name || *name == "lent") return buffer_policy::lent;
  if (*name == "own") return buffer_policy::own;
  throw std::invalid_argument("buffer is '" + *name + "', not lent or own");
}

timer_structure structure_of(const std::optional<std::string>& name) {
  if (!name || *name == "wheel") return timer_structure::wheel;
  if (*name == "heap") return timer_structure::heap;
  throw std::invalid_argument("timers is '" + *name + "', not wheel or heap");
}

std::string name_of(timer_structure structure) {
  return structure == timer_structure::heap ? "heap" : "wheel";
}

std::string name_of(buffer_policy policy) {
  return policy == buffer_policy::own ? "own" : "lent";
}

/// The most tasks alive at once. Under churn a client may reconnect before the server has noticed
/// that it left, and several times where the server's task is a thread that waits for its turn.
std::size_t max_tasks_of(const cell& asked) {
  std::size_t most = size_of(asked.tasks, "tasks") + size_of(asked.connections, "connections") +
                     defaults::spare_tasks;
  if (asked.mode == "churn") most += defaults::churn_room * size_of(asked.active, "active");
  return most;
}

/// Timers read nothing, but every scheduler is built with the same conditions.
scheduler_options options_for(const cell& asked) {
  return {
      .buffer = policy_of(asked.buffer),
      .buffer_bytes = size_of(asked.buffer_bytes.value_or(defaults::buffer_bytes), "buffer_bytes"),
      .stack_bytes = size_of(asked.stack_bytes.value_or(defaults::stack_bytes), "stack_bytes"),
      .max_tasks = max_tasks_of(asked),
      .inline_budget = defaults::inline_budget,
      .events_per_wait = defaults::events_per_wait,
      .tick_ns = tick_for(asked.grid_ns),
      .timers = structure_of(asked.timers),
  };
}

/// The value given to the program, where the field applied to the cell.
template <typename Given>
std::optional<std::int64_t> applied(const std::optional<std::int64_t>& asked, Given given) {
  return asked ? std::optional(static_cast<std::int64_t>(given)) : std::nullopt;
}

}  // namespace

time_ns tick_for(const std::optional<time_ns>& grid_ns) {
  if (!grid_ns || *grid_ns <= 0) return defaults::tick_ns;
  return std::max(std::gcd(*grid_ns, defaults::tick_ns), defaults::finest_tick_ns);
}

workloads::parameters parameters_for(const cell& asked) {
  if (asked.workers != 1) throw std::invalid_argument("workers must be 1 in this version");
  workloads::parameters result{};
  result.options = options_for(asked);
  result.connections = size_of(asked.connections, "connections");
  result.payload_bytes = size_of(asked.payload_bytes, "payload_bytes");
  result.tasks = size_of(asked.tasks, "tasks");
  result.pattern = asked.pattern.value_or("");
  result.window_ns = asked.window_ns.value_or(0);
  result.grid_ns = asked.grid_ns.value_or(0);
  result.seed = asked.seed;
  if (asked.loops.value_or(1) < 1) throw std::invalid_argument("loops must be at least 1");
  result.loops = size_of(asked.loops.value_or(1), "loops");
  return result;
}

cell echo_of(const cell& asked, const workloads::parameters& parameters,
             const runtime_info& runtime) {
  cell echo = asked;
  echo.runtime = runtime.id;
  echo.style = runtime.style;
  echo.tasks = applied(asked.tasks, parameters.tasks);
  echo.connections = applied(asked.connections, parameters.connections);
  echo.payload_bytes = applied(asked.payload_bytes, parameters.payload_bytes);
  if (asked.buffer) echo.buffer = name_of(parameters.options.buffer);
  echo.buffer_bytes = applied(asked.buffer_bytes, parameters.options.buffer_bytes);
  echo.stack_bytes.reset();
  if (runtime.takes_stack_bytes()) {
    echo.stack_bytes = static_cast<std::int64_t>(parameters.options.stack_bytes);
  }
  if (asked.pattern) echo.pattern = parameters.pattern;
  // A runtime without this choice echoes no value, and the conductor then refuses it.
  echo.timers.reset();
  if (asked.timers && runtime.takes_timers) echo.timers = name_of(parameters.options.timers);
  echo.grid_ns = applied(asked.grid_ns, parameters.grid_ns);
  echo.window_ns = applied(asked.window_ns, parameters.window_ns);
  echo.loops = applied(asked.loops, parameters.loops);
  echo.seed = parameters.seed;
  return echo;
}

}  // namespace skein::cells
