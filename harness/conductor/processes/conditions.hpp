// The conditions that this program asks of every worker beside the cell, and whether the worker
// reports them. Leaves out comparing workers with each other, which takes runs of several runtimes
// (scripts/skein_scripts/records/conditions.py).
#pragma once

#include <string>
#include <vector>

#include "harness/cells/cell.hpp"

namespace skein::conductor {

using cells::cell;
using measure::json;

/// The conditions asked for, under the names in the worker's `conditions`.
json asked_conditions(const cell& asked);

/// "inline_budget: asked 128, the worker has 64" for each difference. A condition that the worker
/// leaves out or reports as null does not apply to it.
std::vector<std::string> condition_differences(const json& asked, const json& conditions);

}  // namespace skein::conductor
