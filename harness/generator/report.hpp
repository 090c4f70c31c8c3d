// A load as the generator protocol's `result` message. Leaves out everything that is not known
// here: the worker's side of the record.
#pragma once

#include "harness/generator/exchange.hpp"
#include "harness/generator/load.hpp"
#include "harness/measure/json.hpp"

namespace skein::generator {

/// The `result` message of a load that has run. `requests` gives the session's totals and errors.
measure::json result_message(const load_run& run, const load_request& load, exchange& requests);

/// {"connect","read","write","timeout","descriptors"}
measure::json to_json(const error_counts& errors);

}  // namespace skein::generator
