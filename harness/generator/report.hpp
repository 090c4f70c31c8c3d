// A load as the `result` message of the generator protocol. Leaves out the worker's side of the
// record, which is not known here.
#pragma once

#include <optional>

#include "harness/generator/exchange.hpp"
#include "harness/generator/load.hpp"
#include "harness/measure/json.hpp"

namespace skein::generator {

/// The `result` message of a load that has run. `requests` gives the session's totals and errors;
/// `handler_step_ns` is how long a step of a handler's work takes here.
measure::json result_message(const load_run& run, const load_request& load, exchange& requests,
                             std::optional<double> handler_step_ns);

}  // namespace skein::generator
