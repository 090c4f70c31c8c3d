// The option values of `skein run` as typed, and their conversion to a complete request.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "harness/cells/fill.hpp"
#include "harness/conductor/run_request.hpp"
#include "workloads/field.hpp"

namespace skein::cli {

/// As typed; empty where the option was not given.
struct run_words {
  cells::said_values cell;  ///< the options that the workload declares
  std::string runtime, size, worker_cpus, generator_cpus, timeout, worker_command, thread_ceiling,
      memory_ceiling, rate_baseline, listen, network;
  std::vector<std::string> generator_commands, generator_addresses;
  std::string output, session_id, run_meta, lock_file;
  int lock_fd = -1;
  bool json = false;
  bool count = false;
};

/// The options of every workload, and those that this one declares.
void add_options(CLI::App& app, const workloads::declaration& declared, run_words& words);

/// Parses, fills in defaults and checks. Throws usage_error, which names the option and the values
/// it may have.
conductor::run_request request_for(const workloads::declaration& declared, const run_words& words);

}  // namespace skein::cli
