// The one list of workloads, and how two names become a running program.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "workloads/program.hpp"

namespace skein::workloads {

/// One named size of a workload: `test` is what the test suite runs, `base` is what is published.
struct size {
  std::string_view name;
  std::size_t connections;
  std::size_t active;  ///< c10k, closed loops; the other modes use a share of connections
  std::size_t tasks;
  time_ns window_ns;
  double rate_per_s;
};

struct workload_info {
  std::string_view id;
  std::string_view description;
  std::string_view measures;
  std::string_view leaves_out;
  std::string_view unfair;                  ///< how a comparison on it might still be unfair
  std::span<const std::string_view> modes;  ///< c10k: modes; timers: patterns
  std::span<const size> sizes;
};

/// All workloads, in the order they are listed and plotted.
std::span<const workload_info> all();

/// Every runtime by name, in the order they are listed and plotted (runtimes/all.hpp is the list).
std::span<const runtime_info> runtimes();

/// The runtime of that name; null if none of ours has it.
const runtime_info* runtime_named(std::string_view id);

/// Builds the program for one cell. Throws std::invalid_argument for an unknown name,
/// limit_error or std::system_error when the machine cannot hold it.
std::unique_ptr<program> make_program(std::string_view workload, std::string_view runtime,
                                      const parameters& parameters);

/// The oracle: what counts() must be when every task did its work. c10k's units depend on the load,
/// so only those of timers are known in advance.
work_counts expected_timers(const parameters& parameters);

/// How many of these units are timers that fired, each with a lateness.
std::uint64_t expected_fires(const parameters& parameters);

}  // namespace skein::workloads
