// What a name stands for that a person types, or copies out of a record, a plan or a table: a
// workload ("c10k"), a mode or pattern of it ("c10k/idle"), a runtime ("coroutine"), or a cell, by
// its id ("c10k/coroutine/10000/fixed/active=100/64B/lent") or by its group in a matrix
// ("c10k-fixed/coroutine").
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/cells/fill.hpp"
#include "workloads/field.hpp"

namespace skein::cells {

/// Of workload and runtime at least one is there.
struct named_work {
  const workloads::declaration* workload = nullptr;
  std::string shape;    ///< the mode or pattern; empty: none was named
  std::string runtime;  ///< empty: none was named
  said_values values;   ///< what an id says of the cell
};

/// Every workload, mode or pattern, and runtime by the name that stands for it.
std::vector<std::string> all_names(std::span<const std::string> runtimes);

/// Throws usage_error, which says what there is and which of it is nearest.
named_work find_named(std::string_view name, std::span<const std::string> runtimes);

}  // namespace skein::cells
