// What this program asks of every worker beside the cell, and whether the worker says it has it.
// Leaves out comparing workers with each other: that takes runs of several runtimes
// (scripts/skein_scripts/records/conditions.py).
#pragma once

#include <string>
#include <vector>

#include "harness/conductor/cell.hpp"

namespace skein::conductor {

/// The conditions that are asked for, as the worker's `conditions` name them.
json asked_conditions(const cell& asked);

/// "inline_budget: asked 128, the worker has 64" for each. What the worker leaves out or has as
/// null does not apply to it.
std::vector<std::string> condition_differences(const json& asked, const json& conditions);

}  // namespace skein::conductor
