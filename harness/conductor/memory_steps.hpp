// Where memory is read: at 0, N/4, N/2 and N tasks of one process, each after a rest.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "harness/conductor/conversation.hpp"
#include "harness/conductor/outcome.hpp"
#include "harness/conductor/worker_counters.hpp"

namespace skein::conductor {

/// N/4, N/2, N, without repetition and without 0 (small N): the steps after the empty one. A ramp
/// (memory_forecast.hpp) comes before them.
std::vector<std::int64_t> memory_steps(std::int64_t total, std::optional<std::int64_t> ramp = {});

/// Rests, then adds one reading of the worker to the outcome, with its allocations so far where
/// they are counted.
void read_memory_step(conversation& talk, const child_process& worker,
                      const worker_counters& counters, std::int64_t tasks, time_ns quiesce_ns,
                      outcome& out);

/// Rests, then reads what is left once all tasks have ended, and the peak.
void read_memory_after(conversation& talk, const child_process& worker, time_ns quiesce_ns,
                       outcome& out);

}  // namespace skein::conductor
