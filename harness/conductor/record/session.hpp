// The `session` line of a results file: the machine, the build, and who asked for what.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/conductor/prepare/pinning.hpp"
#include "harness/measure/json.hpp"

namespace skein::conductor {

struct session_request {
  std::vector<std::string> argv;
  std::optional<std::uint64_t> seed;
  /// The cells in order, for a session that `skein run` opens itself; empty where a caller
  /// completes the plan.
  std::vector<std::string> order;
};

/// Takes about half a second: it probes how promptly the machine runs anything on these CPUs.
measure::json session_record(const session_request& request, const pinning& pins);

}  // namespace skein::conductor
