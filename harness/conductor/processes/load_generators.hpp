// The client side of a served cell: one generator process for each loop of the worker, because each
// generator has one descriptor table to fill. Leaves out when each is asked to do what
// (served_run.cpp).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/conductor/processes/child_process.hpp"
#include "harness/conductor/processes/conversation.hpp"
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

/// The generator's next message, which must be the `result` of its load. Throws cell_ended.
protocol::load_report expect_report(conversation& talk, child_process& generator);

/// Adds one generator's report to the sum. Checksums add up, histograms are merged.
/// Throws std::exception for a checksum or a histogram that is none.
void add_report(exchange_outcome& sum, const protocol::load_report& report);

class load_generators {
 public:
  /// Starts `count` generators, all on the same CPUs: this program, or what the command starts,
  /// perhaps on another host. They must outlive their conversation.
  load_generators(std::int64_t count, std::vector<std::string> command,
                  const std::vector<int>& cpus);

  void join(conversation& talk);
  /// Waits until each has said hello. Throws usage_error where one is of another build: the two
  /// ends of a load must send and count alike.
  void greet(conversation& talk);
  [[nodiscard]] std::vector<child_process*> processes() const;
  /// In a cell with one loop, the one generator, which carries the load.
  [[nodiscard]] child_process& only() noexcept { return *members_.front(); }
  [[nodiscard]] std::size_t count() const noexcept { return members_.size(); }

  /// Sends prepare to each, with its part of the connections and the port of its loop. Returns
  /// whether all that a command started are pinned to the CPUs asked for.
  bool prepare(conversation& talk, const run_request& request,
               const std::vector<std::int64_t>& ports);
  /// Opens connections until there are `total` on all of them, one generator after the other.
  void connect(conversation& talk, std::int64_t total);
  /// One message on each connection, `in_flight` of them at once, one generator after the other.
  exchange_outcome exchange(conversation& talk, std::int64_t in_flight);
  /// What the hosts that a load comes from say of the network before it.
  void survey(conversation& talk, network_outcome& out);
  /// What happened there in the window of the load.
  void account(conversation& talk, network_outcome& out);
  /// Closes all connections and ends the processes.
  void stop(conversation& talk);

 private:
  [[nodiscard]] std::int64_t part(std::int64_t total, std::size_t which) const;

  std::vector<std::string> command_;  ///< empty: this program
  std::vector<std::unique_ptr<child_process>> members_;
  std::vector<std::int64_t> connected_;
  std::int64_t total_ = 0;
};

}  // namespace skein::conductor
