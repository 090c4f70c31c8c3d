// `skein run`: one cell, from the lock to the record.
#pragma once

#include "harness/conductor/run_request.hpp"

namespace skein::conductor {

/// Returns the process's exit status: 0 for ok and limit, 4 for anything else that was recorded,
/// 130 when interrupted (nothing is then written). Throws usage_error and cannot_measure before
/// anything is measured, and cannot_measure when the record cannot be written.
int run(run_request request);

}  // namespace skein::conductor
