// The `run` line of a results file, version 1 of the format (results/schema).
#pragma once

#include <string>

#include "harness/conductor/outcome.hpp"
#include "harness/conductor/run_request.hpp"

namespace skein::conductor {

inline constexpr int schema_version = 1;

/// Times are shown only for a run whose work was right: in a failed or timed-out one every
/// distribution and CPU figure is null. They are null in a counted run too, which has counts in
/// their place and says `counted`.
json run_record(const run_request& request, const outcome& out, const std::string& session_id);

/// Random, for run and session ids.
std::string random_id();
/// "2026-01-31T12:00:00.123Z"
std::string utc_now();

}  // namespace skein::conductor
