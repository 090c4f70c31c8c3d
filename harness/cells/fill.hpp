// From what was said about a cell to the whole cell: sizes and defaults filled in, every value
// checked, all by the workload's declaration (workloads/*/cell.toml). The scripts do the same for a
// matrix (scripts/skein_scripts/matrix). Leaves out what a declaration cannot say: `objection` of
// the workload, and what depends on the machine.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "harness/cells/cell.hpp"
#include "harness/measure/json.hpp"
#include "workloads/field.hpp"

namespace skein::cells {

/// By the field's name, the text that was given for it.
using said_values = std::map<std::string, std::string, std::less<>>;

/// What filling asks of its caller.
struct fill_hooks {
  /// The value of a count that is `auto`, within its bounds, given the fields before it.
  std::function<std::int64_t(const workloads::field&, const json& so_far)> automatic;
  /// Whether the runtime takes the field. Throws usage_error where that it was said makes no sense.
  std::function<bool(const workloads::field&, bool said)> is_taken;
};

inline constexpr std::array<std::string_view, 2> size_names{"test", "base"};

struct filled {
  json values;  ///< by name, every field of the declaration, those for measuring as well
  std::optional<double> rate_share;  ///< of a rate that is auto:N%, which is then null
};

/// The value that a text stands for, whatever its bounds. Throws usage_error.
json parse_value(const workloads::field& field, const std::string& text);

/// Throws usage_error, which names the option and says what it may be.
///
/// @param size  "test" or "base"; empty: base
filled fill(const workloads::declaration& declared, const said_values& said,
            const std::string& size, const fill_hooks& hooks);

}  // namespace skein::cells
