// The worker's side of the protocol, message by message (harness/PROTOCOL.md).
// Leaves out when they are sent.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/cells/cell.hpp"
#include "harness/measure/json.hpp"
#include "runtimes/errors.hpp"
#include "runtimes/info.hpp"
#include "workloads/program.hpp"

namespace skein::worker {

using measure::json;

/// Durations that only the worker can measure.
struct worker_times {
  time_ns spawn_ns = 0;            ///< inside spawn_up_to, summed
  std::optional<time_ns> fire_ns;  ///< from the first deadline to the last timer fired
};

json hello_reply(const runtime_info& runtime);
json ready_reply(const json& echo, const json& conditions, const std::vector<std::uint16_t>& ports);
json limit_reply(const limit_error& limit);
json error_reply(std::string_view message);
json spawned_reply(std::size_t tasks, time_ns spawn_ns);
json finished_reply(time_ns now_ns);

/// `type` is "stats" or "stopped"; both have the same fields.
json counts_reply(std::string_view type, const workloads::program& program, worker_times times);

}  // namespace skein::worker
