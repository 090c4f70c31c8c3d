// The client side of a served cell: one generator process for each loop of the worker, because each
// generator has one descriptor table to fill, or one on each of several hosts. Leaves out when each
// is asked to do what (served_run.cpp).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/conductor/processes/child_process.hpp"
#include "harness/conductor/processes/conversation.hpp"
#include "harness/conductor/processes/joint_load.hpp"
#include "harness/conductor/run_request.hpp"
#include "harness/protocol/load_report.hpp"

namespace skein::conductor {

/// The result of one message on each connection, over all generators. They took turns, so times are
/// those of one generator that works alone, and the duration is the sum of theirs.
struct exchange_outcome {
  std::int64_t units = 0;
  std::int64_t bytes = 0;
  std::uint64_t checksum = 0;
  std::uint64_t expected_checksum = 0;
  std::int64_t wrong_bytes = 0;
  std::int64_t errors = 0;
  time_ns duration_ns = 0;
  time_ns kept_ns = 0;  ///< how long generators could not read their clocks
  std::optional<measure::distribution> latency;  ///< from send to whole reply
};

/// Adds one generator's report to the sum. Checksums add up, histograms are merged.
/// Throws std::exception for a checksum or a histogram that is none.
void add_report(exchange_outcome& sum, const protocol::load_report& report);

class load_generators {
 public:
  using commands = std::vector<std::vector<std::string>>;

  /// Starts a generator for each loop, all on the same CPUs: this program, or what the command
  /// starts, perhaps on another host. Several commands start one each, for a single loop. They must
  /// outlive their conversation.
  load_generators(std::int64_t loops, commands started_by, const std::vector<int>& cpus);

  void join(conversation& talk);
  /// Waits until each has said hello. Throws usage_error where one is of another build: the two
  /// ends of a load must send and count alike.
  void greet(conversation& talk);
  [[nodiscard]] std::vector<child_process*> processes() const;
  /// How many hosts they are on.
  [[nodiscard]] std::size_t hosts() const;

  /// Sends prepare to each, with its part of the connections and the port of its loop. Returns
  /// which of those that a command started are pinned to the CPUs asked for.
  std::vector<bool> prepare(conversation& talk, const run_request& request,
                            const std::vector<std::int64_t>& ports);
  /// Opens connections until there are `total` on all of them: by as many generators at once as
  /// have a CPU, or a host, of their own.
  void connect(conversation& talk, std::int64_t total);
  /// One message on each connection, `in_flight` of them at once, one generator after the other.
  exchange_outcome exchange(conversation& talk, std::int64_t in_flight);
  /// Tells each its part of the load: of the rate as of the active connections, of which there are
  /// so many in all.
  void begin_load(conversation& talk, const json& load, std::int64_t active);
  /// What the hosts that a load comes from say of the network before it.
  void survey(conversation& talk, network_outcome& out);
  /// What happened there in the window of the load.
  void account(conversation& talk, network_outcome& out);
  /// Closes all connections and ends the processes.
  void stop(conversation& talk);

 private:
  [[nodiscard]] std::int64_t part(std::int64_t total, std::size_t which) const;
  [[nodiscard]] const std::vector<std::string>& command_of(std::size_t which) const;

  commands commands_;  ///< empty: this program
  std::vector<std::unique_ptr<child_process>> members_;
  std::size_t at_once_;  ///< so many connect together
  std::vector<std::int64_t> connected_;
  std::int64_t total_ = 0;
};

}  // namespace skein::conductor
