// One cell of the matrix: what is asked for, as the record carries it and the worker receives it.
// Leaves out how it is measured (run_request.hpp): two runs of one cell may differ in that, and in
// nothing that is here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/measure/json.hpp"
#include "runtimes/clock.hpp"

namespace skein::cells {

using measure::json;

/// An empty field does not apply to the workload, the mode or the runtime's style; it is null in
/// JSON.
struct cell {
  std::string workload;
  std::string runtime;
  std::optional<std::string> style;  ///< empty until a foreign worker states it
  std::optional<std::int64_t> tasks;
  std::optional<std::int64_t> connections;
  std::optional<std::int64_t> active;
  std::optional<std::string> mode;
  std::optional<double> rate_per_s;
  std::optional<std::string> arrival;
  std::optional<std::int64_t> pipeline;  ///< in flight per connection; null: no bound (in fixed: 1)
  std::optional<std::int64_t> payload_bytes;
  std::optional<std::string> buffer;
  std::optional<std::int64_t> buffer_bytes;
  std::optional<std::int64_t> stack_bytes;  ///< tasks with a stack of a given size
  std::optional<std::string> pattern;
  std::optional<std::string> timers;  ///< wheel or heap, of a runtime that can choose
  std::optional<time_ns> grid_ns;
  std::optional<time_ns> window_ns;
  std::optional<time_ns> duration_ns;
  std::optional<time_ns> warmup_ns;
  std::optional<std::int64_t> requests;
  std::optional<std::int64_t> loops;  ///< c10k idle: loops in the worker; null: one
  std::int64_t workers = 1;
  std::uint64_t seed = 0;
};

/// Every field, null where it does not apply, in the order of the record.
json to_json(const cell& asked);

/// The way back. Throws std::invalid_argument naming the field that is missing or of a wrong type.
cell cell_from_json(const json& object);

/// "c10k/coroutine/10000/fixed/active=100/64B/lent": stable, and different for cells that must not
/// be compared with each other. Rarely used fields are left out where they have their default.
std::string cell_id(const cell& asked);

/// True when requests follow a schedule at a given rate, however the server copes.
bool is_open_loop(const cell& asked);

/// True when tasks of this style each have a stack. Whether its size is `stack_bytes` our own
/// runtimes say (runtime_info::takes_stack_bytes); of other workers it is assumed.
bool has_stacks(const std::string& style);

/// The differences between the echo and the request: "tasks: asked 1000, echoed 999" for each
/// field. Numbers compare by value, whatever their type in JSON.
std::vector<std::string> echo_differences(const json& asked, const json& echoed);

}  // namespace skein::cells
