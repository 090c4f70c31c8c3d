// Compares the limits of this machine with what a cell needs. Changes nothing except the soft
// limits of this process. Used by the doctor, and by the preflight, which turns "cannot run" into a
// result with a reason.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/measure/json.hpp"
#include "harness/measure/proc_file.hpp"

namespace skein::measure {

/// What one cell takes, in one process or on the machine. 0 means that it needs none; then it is
/// not checked.
struct cell_needs {
  std::int64_t descriptors = 0;       ///< open at once in the fullest descriptor table
  std::int64_t files = 0;             ///< open files of all processes: both ends of connections
  std::int64_t threads = 0;           ///< in the worker
  std::int64_t mappings = 0;          ///< lines of /proc/PID/maps of the worker
  std::int64_t client_ports = 0;      ///< from one client address to one server port
  std::int64_t client_addresses = 0;  ///< loopback addresses to connect from, from 127.0.0.1 on
  std::int64_t memory_bytes = 0;      ///< of both processes and the kernel
  std::int64_t cpus = 0;              ///< distinct CPUs to pin to
  std::int64_t backlog = 0;           ///< connections waiting to be accepted at once
};

/// An empty field is unknown or without limit.
struct machine_limits {
  std::optional<std::int64_t> descriptors;    ///< RLIMIT_NOFILE, hard
  std::optional<std::int64_t> processes;      ///< RLIMIT_NPROC; empty for root, who is exempt
  std::optional<std::int64_t> max_map_count;  ///< vm.max_map_count
  std::optional<std::int64_t> pid_max;        ///< kernel.pid_max
  std::optional<std::int64_t> threads_max;    ///< kernel.threads-max
  std::optional<std::int64_t> cgroup_pids;    ///< pids.max of our cgroup
  std::optional<std::int64_t> somaxconn;      ///< net.core.somaxconn
  std::optional<std::int64_t> client_ports;   ///< width of net.ipv4.ip_local_port_range
  /// Loopback addresses to connect from. Found by trying, and only as many as a cell needs.
  std::optional<std::int64_t> client_addresses;
  std::optional<std::int64_t> files_left;    ///< of fs.file-max; empty for root, who is exempt
  std::optional<std::int64_t> memory_bytes;  ///< memory_budget.hpp
  std::optional<std::int64_t> cpus_allowed;  ///< of this process
};

machine_limits read_limits(const system_paths& paths = {});

/// One limit against one need.
struct check {
  std::string name;
  std::optional<std::int64_t> value;
  std::int64_t needed = 0;
  /// True when the need fits, or when the limit is unknown.
  bool ok = true;
  /// What to do when it does not fit; empty when it does.
  std::string remedy;
};

/// A check for every limit that the needs touch, in a fixed order.
std::vector<check> checks_for(const cell_needs& needs, const machine_limits& limits);
std::vector<check> checks_for(const cell_needs& needs);

/// The first check that does not hold, for a result of status `limit`.
std::optional<check> first_exceeded(const std::vector<check>& checks);

/// {"name","value","needed","ok","remedy"}, remedy null when ok.
json to_json(const check& item);

/// Raises this process's soft limits on descriptors and processes to the hard ones; the system
/// leaves that choice to each program. Children inherit them.
void raise_soft_limits() noexcept;

/// The soft RLIMIT_NOFILE, which is in force.
std::int64_t descriptor_limit() noexcept;

}  // namespace skein::measure
