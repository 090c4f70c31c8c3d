// One run: the cell, and how it is to be measured and recorded. The command line fills in every
// field; nothing is defaulted here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/cells/cell.hpp"
#include "harness/cells/measuring.hpp"
#include "harness/conductor/prepare/network.hpp"
#include "harness/conductor/prepare/pinning.hpp"
#include "runtimes/clock.hpp"

namespace skein::conductor {

using cells::cell;
using measure::json;

struct run_request {
  cell asked;
  cpu_request worker_cpus;
  cpu_request generator_cpus;

  /// c10k, open loop: the rate is this part of the baseline's saturation, which is measured first.
  std::optional<double> rate_share;
  std::string rate_baseline;  ///< the runtime it is a share of

  cells::measuring how;    ///< what the workload declares of it
  time_ns quiesce_ns = 0;  ///< before each memory reading
  std::int64_t thread_ceiling = 0;
  std::optional<std::int64_t> memory_ceiling_bytes;  ///< of the whole run; empty: the machine's
  bool counted = false;  ///< count allocations and system calls; no times are published
  std::optional<time_ns> timeout_ns;        ///< of the whole cell; computed when empty
  std::vector<std::string> worker_command;  ///< a foreign worker; empty: our own
  /// c10k: what starts the load generators, here or on other hosts; empty: this program does.
  std::vector<std::vector<std::string>> generator_commands;
  std::optional<network_request> network;  ///< empty: the load comes over loopback

  std::optional<std::string> output;      ///< a JSON Lines file to append to
  std::optional<std::string> session_id;  ///< of a session line that is already written
  json run_meta;                          ///< arm, block, pair, position
  std::optional<int> lock_fd;
  std::string lock_file;
  bool print_json = false;
  std::vector<std::string> argv;

  [[nodiscard]] bool is_foreign() const noexcept { return !worker_command.empty(); }
  [[nodiscard]] ends_here ends() const noexcept {
    return network ? ends_here::servers : ends_here::both;
  }
  /// False: no readings of memory, and no rest before them.
  [[nodiscard]] bool reads_memory() const noexcept { return how.memory != workloads::memory::off; }
};

}  // namespace skein::conductor
