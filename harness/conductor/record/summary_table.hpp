// A run's summary for people: which cell, how it ended, and its main figures with units.
#pragma once

#include <string>

#include "harness/measure/json.hpp"

namespace skein::conductor {

/// Made from the record alone, so that what is shown is what is written. Several lines, each with a
/// newline.
std::string summary_table(const measure::json& record, bool colour);

}  // namespace skein::conductor
