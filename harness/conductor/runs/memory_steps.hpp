// When memory is read: at 0, N/4, N/2 and N tasks of one process, each after a rest, before which a
// worker that settles collects its garbage. A run that reads no memory starts all tasks in one
// step.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "harness/conductor/outcome.hpp"
#include "harness/conductor/processes/conversation.hpp"
#include "harness/conductor/run_request.hpp"
#include "harness/conductor/runs/worker_counters.hpp"

namespace skein::conductor {

/// N/4, N/2, N, without repetition and without 0 (for small N): the steps after the empty one. A
/// ramp (memory_forecast.hpp) comes before them.
std::vector<std::int64_t> memory_steps(std::int64_t total, std::optional<std::int64_t> ramp = {});

/// The steps of a run, with the ramp that this machine needs; only the last one where memory is not
/// read.
std::vector<std::int64_t> steps_of(const run_request& request, std::int64_t total);

/// Rests, then adds one reading of the worker to the outcome, with its allocations so far where
/// they are counted. Neither this nor the next does anything where memory is not read.
void read_memory_step(conversation& talk, child_process& worker, const worker_counters& counters,
                      std::int64_t tasks, const run_request& request, outcome& out);

/// Rests, then reads how much memory remains once all tasks have ended, and the peak.
void read_memory_after(conversation& talk, child_process& worker, const run_request& request,
                       outcome& out);

}  // namespace skein::conductor
