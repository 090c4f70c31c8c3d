// What a declaration says of a workload and of the fields of its cell, in words: for help, for
// `skein list` and for `skein explain`. Leaves out the values of one cell (fill.hpp).
#pragma once

#include <string>
#include <string_view>

#include "harness/measure/json.hpp"
#include "workloads/field.hpp"

namespace skein::cells {

using measure::json;

/// The field of that name, which the declaration must have.
const workloads::field& field_named(const workloads::declaration& declared, std::string_view name);

/// Whether `skein run` has an option for the field.
bool is_option(const workloads::field& field) noexcept;

/// Whether cells of this mode or pattern have the field. An empty one: cells of any.
bool applies_to(const workloads::field& field, std::string_view shape);

/// What stands for the value in help: "N", "SIZE"; for a word all of them, "open|fixed".
std::string placeholder_of(const workloads::field& field);

/// The help of the field's option: what it is, where it applies, its default.
std::string help_of(const workloads::declaration& declared, const workloads::field& field);

/// "a size from 1B to 16MiB [64B]": its values, and the default where there is one.
///
/// @param shape  the mode or pattern that is asked about; empty: all
std::string values_of(const workloads::declaration& declared, const workloads::field& field,
                      std::string_view shape);

/// The declaration for programs (`skein list --json`).
json to_json(const workloads::declaration& declared);

}  // namespace skein::cells
