// The part of a run that all workloads share: a worker starts, echoes what it understood, reports
// its counts, and stops.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/conductor/processes/conversation.hpp"
#include "harness/conductor/run_request.hpp"

namespace skein::conductor {

/// The program of our own worker, or of the foreign one that was asked for.
command_line worker_command(const run_request& request);

/// hello: checks protocol and runtime, fills in the style of a foreign worker's cell, and takes the
/// size of stacks out of it where the tasks have none or it grows.
void handshake(conversation& talk, child_process& worker, const run_request& request, cell& asked,
               outcome& out);

/// prepare, ready: the echo must equal the cell, and the conditions those asked for; over a network
/// the worker must listen on its address there. Returns the ports, one for each loop; none where
/// nothing listens.
std::vector<std::int64_t> prepare(conversation& talk, child_process& worker, const cell& asked,
                                  outcome& out, const std::optional<network_request>& network = {});

/// start, started.
void start(conversation& talk, child_process& worker);

/// settle, settled: a worker that said it settles collects its garbage. Any other is not asked.
void settle(conversation& talk, child_process& worker, const worker_traits& traits);

struct worker_counts {
  std::int64_t units = 0;
  std::int64_t bytes = 0;
  std::string checksum;
  std::int64_t live_tasks = 0;
  std::int64_t live_connections = 0;
  std::optional<measure::distribution> lateness;
  std::optional<protocol::shared_out> shares;
  std::optional<protocol::hog_done> hog;
  std::optional<time_ns> spawn_ns;
  std::optional<time_ns> fire_ns;
  std::optional<std::int64_t> frame_bytes;
};

/// Both throw cell_ended if the worker has counted an error.
worker_counts ask_counts(conversation& talk, child_process& worker, time_ns deadline_ns);

/// stop, stopped, exit. No task or connection may be left alive. Returns the final counts.
worker_counts stop(conversation& talk, child_process& worker);

/// Deadlines of an answer that takes no work, and of one that takes some.
time_ns soon();
time_ns in_a_while();

}  // namespace skein::conductor
