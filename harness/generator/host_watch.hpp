// What the generator's own host does, for a conductor on another one, which cannot look: the CPUs
// that the generator is pinned to, its network, and its environment. Leaves out judging it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/measure/affinity.hpp"
#include "harness/measure/host.hpp"
#include "harness/measure/json.hpp"
#include "harness/measure/network.hpp"
#include "harness/measure/process_cpu.hpp"

namespace skein::generator {

using measure::json;

/// Pins this process to the CPUs if it may use all of them; returns whether it did.
bool pin_to(const std::vector<int>& cpus);

/// Readings at both ends of a window, on the generator's thread, which sends nothing meanwhile.
class host_watch {
 public:
  /// @param sockets  connected ones, over the network that is watched; at least one
  explicit host_watch(const std::vector<int>& sockets);

  void begin() { begin_ = read(); }
  void end() { end_ = read(); }

  /// The host before any load: `end` (network_end), `round_trip` (round_trips), `environment` and
  /// its hash.
  [[nodiscard]] const json& survey() const noexcept { return survey_; }
  /// The last window: `counts` (network_counts), `host` as in a record's host, `cpus`, those that
  /// the host was read for. Null before the first.
  [[nodiscard]] json account() const;

 private:
  struct reading {
    measure::cpu_snapshot own;
    measure::host_snapshot host;
    measure::kernel_times kernel;
    measure::network_counts network;
  };
  [[nodiscard]] reading read() const;

  std::vector<int> cpus_ = measure::allowed_cpus();
  measure::softirq_threads softirq_threads_ = measure::find_softirq_threads();
  measure::kernel_threads kernel_threads_;
  measure::network_end end_of_network_;
  json survey_;
  std::optional<reading> begin_;
  std::optional<reading> end_;
};

}  // namespace skein::generator
