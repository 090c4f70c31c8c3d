// One cell of the matrix: what is asked for, as the record carries it and the worker receives it.
// Leaves out how it is measured (run_request.hpp): two runs of one cell may differ in that, and in
// nothing that is here. What a workload's cell has is declared in its folder
// (workloads/*/cell.toml).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "generated/workloads/cells.hpp"
#include "harness/measure/json.hpp"

namespace skein::cells {

using measure::json;

/// An empty field does not apply to the mode or the runtime; it is null in JSON.
struct cell : workloads::common_fields {
  std::string runtime;
  std::optional<std::string> style;  ///< empty until a foreign worker states it
  workloads::any_cell of;

  [[nodiscard]] std::string_view workload() const noexcept;
  /// Its tasks: connections, sleepers.
  [[nodiscard]] std::int64_t count() const noexcept;
  /// The part of this workload; null for a cell of another one.
  template <class Cell>
  [[nodiscard]] Cell* as() noexcept {
    return std::get_if<Cell>(&of);
  }
  template <class Cell>
  [[nodiscard]] const Cell* as() const noexcept {
    return std::get_if<Cell>(&of);
  }
};

/// Every field of its workload and those that all have, null where one does not apply.
json to_json(const cell& asked);

/// The way back. Throws std::invalid_argument naming the field that is missing or cannot be what it
/// is.
cell cell_from_json(const json& object);

/// "c10k/coroutine/10000/fixed/active=100/64B/lent": stable, and different for cells that must not
/// be compared with each other. Rarely used fields are left out where they have their default.
std::string cell_id(const cell& asked);

/// A value of the field as ids and messages have it: "64B", "5s", "20000", "fixed".
std::string value_text(const workloads::field& field, const json& value);

/// All values that the field may have; empty where its bounds say it.
std::vector<std::string> value_texts(const workloads::field& field);

/// True when requests follow a schedule at a given rate, however the server copes.
bool is_open_loop(const cell& asked);
/// True in one of these modes of c10k.
bool is_in_mode(const cell& asked, c10k::mode mode);

/// True when tasks of this style each have a stack. Whether its size is `stack_bytes` our own
/// runtimes say (runtime_info::takes_stack_bytes); of other workers it is assumed.
bool has_stacks(const std::string& style);

/// The differences between the echo and the request: "tasks: asked 1000, echoed 999" for each
/// field. Numbers compare by value, whatever their type in JSON. A null is as good as nothing.
std::vector<std::string> echo_differences(const json& asked, const json& echoed);

}  // namespace skein::cells
