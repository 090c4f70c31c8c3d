// The cell's fields to JSON and back, and its id.
#include "harness/cells/cell.hpp"

#include <stdexcept>

#include "harness/cells/defaults.hpp"
#include "harness/cells/units.hpp"

namespace skein::cells {
namespace {

/// Visits every field with its name, in the order of the record.
template <typename Cell, typename Visitor>
void for_each_field(Cell& which, Visitor&& visit) {
  visit("workload", which.workload);
  visit("runtime", which.runtime);
  visit("style", which.style);
  visit("tasks", which.tasks);
  visit("connections", which.connections);
  visit("active", which.active);
  visit("mode", which.mode);
  visit("rate_per_s", which.rate_per_s);
  visit("arrival", which.arrival);
  visit("pipeline", which.pipeline);
  visit("payload_bytes", which.payload_bytes);
  visit("buffer", which.buffer);
  visit("buffer_bytes", which.buffer_bytes);
  visit("stack_bytes", which.stack_bytes);
  visit("pattern", which.pattern);
  visit("timers", which.timers);
  visit("grid_ns", which.grid_ns);
  visit("window_ns", which.window_ns);
  visit("duration_ns", which.duration_ns);
  visit("warmup_ns", which.warmup_ns);
  visit("requests", which.requests);
  visit("loops", which.loops);
  visit("workers", which.workers);
  visit("seed", which.seed);
}

struct writer {
  json& object;

  template <typename Value>
  void operator()(const char* name, const Value& value) const {
    object[name] = value;
  }
  template <typename Value>
  void operator()(const char* name, const std::optional<Value>& value) const {
    object[name] = measure::or_null(value);
  }
};

struct reader {
  const json& object;

  template <typename Value>
  void operator()(const char* name, Value& value) const {
    const auto found = object.find(name);
    if (found == object.end()) throw std::invalid_argument(std::string(name) + " is missing");
    take(name, *found, value);
  }
  template <typename Value>
  void operator()(const char* name, std::optional<Value>& value) const {
    const auto found = object.find(name);
    value.reset();
    if (found != object.end() && !found->is_null()) take(name, *found, value.emplace());
  }

 private:
  template <typename Value>
  static void take(const char* name, const json& from, Value& value) {
    try {
      from.get_to(value);
    } catch (const json::exception&) {
      throw std::invalid_argument(std::string(name) + " cannot be " + measure::to_text(from));
    }
  }
};

/// "rate=20000"; decimals only where there are some.
std::string plain_number(double value) {
  const auto whole = static_cast<std::int64_t>(value);
  return static_cast<double>(whole) == value ? std::to_string(whole)
                                             : measure::to_text(json(value));
}

std::string c10k_id(const cell& asked) {
  std::string id = std::to_string(asked.connections.value_or(0)) + "/" + asked.mode.value_or("");
  if (asked.active) id += "/active=" + std::to_string(*asked.active);
  if (asked.rate_per_s) id += "/rate=" + plain_number(*asked.rate_per_s);
  if (asked.arrival && *asked.arrival != defaults::arrival) id += "/" + *asked.arrival;
  if (asked.pipeline) id += "/pipeline=" + std::to_string(*asked.pipeline);
  if (asked.requests) id += "/requests=" + std::to_string(*asked.requests);
  if (asked.payload_bytes) id += "/" + format_size(*asked.payload_bytes);
  if (asked.buffer) id += "/" + *asked.buffer;
  if (asked.buffer_bytes.value_or(defaults::buffer_bytes) != defaults::buffer_bytes) {
    id += "/buffer=" + format_size(*asked.buffer_bytes);
  }
  if (asked.loops) id += "/loops=" + std::to_string(*asked.loops);
  return id;
}

std::string timers_id(const cell& asked) {
  std::string id = std::to_string(asked.tasks.value_or(0)) + "/" + asked.pattern.value_or("");
  if (asked.window_ns) id += "/" + format_duration(*asked.window_ns);
  if (asked.grid_ns.value_or(defaults::grid_ns) != defaults::grid_ns) {
    id += "/grid=" + format_duration(*asked.grid_ns);
  }
  if (asked.timers.value_or(defaults::timers) != defaults::timers) id += "/timers=" + *asked.timers;
  return id;
}

}  // namespace

json to_json(const cell& asked) {
  json object = json::object();
  for_each_field(asked, writer{object});
  return object;
}

cell cell_from_json(const json& object) {
  if (!object.is_object()) throw std::invalid_argument("the cell is not an object");
  cell asked;
  for_each_field(asked, reader{object});
  return asked;
}

std::string cell_id(const cell& asked) {
  std::string id = asked.workload + "/" + asked.runtime + "/";
  id += asked.workload == "timers" ? timers_id(asked) : c10k_id(asked);
  if (asked.stack_bytes.value_or(defaults::stack_bytes) != defaults::stack_bytes) {
    id += "/stack=" + format_size(*asked.stack_bytes);
  }
  return id;
}

bool is_open_loop(const cell& asked) {
  return asked.mode == "open" || asked.mode == "idle_heavy";
}

bool has_stacks(const std::string& style) {
  return style == "direct";
}

std::vector<std::string> echo_differences(const json& asked, const json& echoed) {
  if (!echoed.is_object()) return {"the echo is not an object"};
  std::vector<std::string> differences;
  for (const auto& [name, value] : asked.items()) {
    const auto found = echoed.find(name);
    const json given = found == echoed.end() ? json(nullptr) : *found;
    if (given != value) {
      differences.push_back(name + ": asked " + measure::to_text(value) + ", echoed " +
                            measure::to_text(given));
    }
  }
  for (const auto& [name, value] : echoed.items()) {
    if (!asked.contains(name))
      differences.push_back(name + ": not asked, echoed " + measure::to_text(value));
  }
  return differences;
}

}  // namespace skein::cells
