// One run: the cell, and how it is to be measured and recorded. The command line fills in every
// field; nothing is defaulted here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/cells/cell.hpp"
#include "harness/conductor/pinning.hpp"
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

  std::int64_t warmup_requests = 0;     ///< c10k: the window begins only after this many requests
  time_ns hold_ns = 0;                  ///< c10k idle: how long all connections are kept open
  time_ns quiesce_ns = 0;               ///< before each memory reading
  bool reads_memory = true;             ///< false: no readings, and no rest before them
  std::int64_t exchange_in_flight = 0;  ///< c10k idle: final messages, this many at once; 0: none
  std::int64_t thread_ceiling = 0;
  std::optional<std::int64_t> memory_ceiling_bytes;  ///< of the whole run; empty: the machine's
  bool counted = false;  ///< count allocations and system calls; no times are published
  std::optional<time_ns> timeout_ns;        ///< of the whole cell; computed when empty
  std::vector<std::string> worker_command;  ///< a foreign worker; empty: our own

  std::optional<std::string> output;      ///< a JSON Lines file to append to
  std::optional<std::string> session_id;  ///< of a session line that is already written
  json run_meta;                          ///< arm, block, pair, position
  std::optional<int> lock_fd;
  std::string lock_file;
  bool print_json = false;
  std::vector<std::string> argv;
};

}  // namespace skein::conductor
