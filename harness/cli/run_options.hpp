// The option values of `skein run` as typed, and their conversion to a complete request.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "harness/conductor/run_request.hpp"

namespace skein::cli {

/// As typed; empty where the option was not given.
struct run_words {
  std::string runtime, size, seed, stack_bytes, worker_cpus, generator_cpus, timeout,
      worker_command, thread_ceiling, memory_ceiling, memory;
  std::string output, session_id, run_meta, lock_file;
  int lock_fd = -1;
  bool json = false;
  bool count = false;
  // c10k
  std::string connections, active, mode, rate, rate_baseline, arrival, pipeline, payload_bytes,
      buffer, buffer_bytes, duration, warmup, warmup_requests, requests, hold, loops, exchange;
  // timers
  std::string tasks, pattern, window, grid, timers;
};

void add_common_options(CLI::App& app, run_words& words);
void add_c10k_options(CLI::App& app, run_words& words);
void add_timers_options(CLI::App& app, run_words& words);

/// Parses, fills in defaults and checks. Throws usage_error, which names the option and the values
/// it may have.
conductor::run_request c10k_request(const run_words& words);
conductor::run_request timers_request(const run_words& words);

}  // namespace skein::cli
