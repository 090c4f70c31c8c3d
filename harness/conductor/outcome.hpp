// The outcome of one run: everything measured so far, and why it ended. It is filled in as the run
// goes on, so that a crash halfway keeps what was known. Leaves out the record's layout
// (record.hpp).
#pragma once

#include <cstdint>
#include <exception>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/cells/cell.hpp"
#include "harness/conductor/runs/absence.hpp"
#include "harness/measure/distribution.hpp"
#include "harness/measure/host.hpp"
#include "harness/measure/memory_slope.hpp"
#include "harness/measure/network.hpp"
#include "harness/measure/process_cpu.hpp"
#include "harness/protocol/load_report.hpp"

namespace skein::conductor {

using cells::cell;
using measure::json;

enum class status { ok, limit, invalid, failed, timeout };

std::string_view name_of(status which);

/// A named limit of this machine that prevented the run.
struct limit_fact {
  std::string name;
  std::optional<std::int64_t> value;
  std::int64_t needed = 0;
  std::string message;
};

/// What failed, with everything that a person needs to investigate.
struct failure_fact {
  std::string process;  ///< worker | generator | conductor
  std::optional<int> exit_status;
  std::optional<int> signal;
  std::vector<std::string> stderr_lines;
  std::string message;
};

/// Thrown to end a cell early; the record is written all the same.
class cell_ended : public std::exception {
 public:
  explicit cell_ended(limit_fact fact) : status_(status::limit), limit(std::move(fact)) {}
  cell_ended(status how, failure_fact fact) : status_(how), failure(std::move(fact)) {}

  [[nodiscard]] status how() const noexcept { return status_; }
  const char* what() const noexcept override {
    return limit ? limit->message.c_str() : failure->message.c_str();
  }

 private:
  status status_;

 public:
  std::optional<limit_fact> limit;
  std::optional<failure_fact> failure;
};

/// The counts of a counted run, between two instants or since the beginning. Empty: could not be
/// counted.
struct work_counts {
  std::optional<std::int64_t> allocations;
  std::optional<std::int64_t> system_calls;
};

/// Mode idle: one message on each of the connections that were held.
struct idle_exchange {
  std::int64_t in_flight = 0;
  time_ns duration_ns = 0;
  std::optional<std::int64_t> cpu_per_op_ns;
  measure::distribution latency;  ///< from send to whole reply
  absence away;

  template <typename Self, typename Visit>
  static void for_each_field(Self& of, Visit&& visit) {
    using measure::recorded;
    visit("in_flight", of.in_flight);
    visit("duration_ns", of.duration_ns, recorded::unless_counted);
    visit("cpu_per_op_ns", of.cpu_per_op_ns, recorded::unless_counted);
    visit("latency", of.latency, recorded::unless_counted);
    visit("away", of.away);
  }
};

/// What a worker says of itself in its hello and need not say; empty: not said.
struct worker_traits {
  std::optional<bool> growing_stacks;  ///< style direct without stacks of a fixed size
  std::optional<bool> settles;         ///< collects its garbage before readings of memory
  std::optional<bool> warms_up;        ///< has run work of its own before it is ready

  template <typename Self, typename Visit>
  static void for_each_field(Self& of, Visit&& visit) {
    visit("growing_stacks", of.growing_stacks);
    visit("settles", of.settles);
    visit("warms_up", of.warms_up);
  }
};

/// The end of a network on a host that a load came from, as that host reports it.
struct far_end {
  bool pinned = false;  ///< the load generator, to the CPUs that were asked for
  measure::network_end end;
  std::optional<measure::round_trips> round_trip;  ///< before the load
  std::optional<measure::network_counts> counts;   ///< in the window
  json environment;                                ///< null until it is known, as the three below
  json environment_hash;
  json cpus;
  json host;  ///< in the window, as `host` of a record
  /// Of that, on its CPUs.
  std::map<int, time_ns> steal_ns;
  std::map<int, time_ns> foreign_ns;
};

/// What is known of the network that a load came over.
struct network_outcome {
  measure::network_end worker;
  std::optional<measure::network_counts> worker_counts;  ///< in the window
  std::vector<far_end> generators;
};

/// SIGINT or SIGTERM: nothing is written.
class interrupted : public std::exception {
 public:
  const char* what() const noexcept override { return "interrupted"; }
};

/// A failure of the conductor's own making or finding: wrong bytes, a lint violation.
cell_ended failed_by_conductor(std::string message);

struct outcome {
  status how = status::ok;
  std::vector<std::string> reasons;
  std::optional<limit_fact> limit;
  std::optional<failure_fact> failure;

  std::string started_utc;
  std::optional<std::string> loop;  ///< what the worker's tasks wait on; empty until it says so
  json echoed;                      ///< in the worker's own words; null until it has sent it
  time_ns early_by_at_most_ns = 0;  ///< how early the worker's timers may fire, as it declares
  worker_traits traits;
  json conditions;  ///< with the traits; null from a worker that says neither
  std::optional<time_ns> setup_ns;
  std::optional<time_ns> warmup_ns;
  std::optional<time_ns> window_ns;
  std::optional<time_ns> spawn_ns;
  std::optional<time_ns> fire_ns;
  /// Messages that the worker was sent. It answers each, which takes it instructions and
  /// allocations beside its work.
  std::optional<std::int64_t> messages;

  std::optional<protocol::work_done> work;
  std::optional<protocol::shared_out> shares;
  std::optional<protocol::hog_done> hog;
  std::optional<protocol::load_result> load;  ///< empty where none was sent: timers, and mode idle
  std::optional<double> saturation_per_s;     ///< the baseline's, where the rate is a share of it
  std::optional<measure::sliced_distribution> latency;
  std::optional<measure::distribution> service_time;
  std::optional<idle_exchange> exchange;  ///< if asked for
  std::optional<measure::distribution> lateness;
  std::optional<absence> away;  ///< in the window
  std::optional<measure::cpu_usage> cpu;
  std::optional<work_counts> counts;             ///< within the window, of a counted run
  std::int64_t operations = 0;                   ///< within the window: what CPU time is divided by
  std::optional<std::int64_t> expected_samples;  ///< what the histograms must hold
  std::vector<measure::memory_point> memory_points;
  measure::memory_extras memory_extras;
  std::optional<measure::host_usage> host;
  std::optional<std::int64_t> softirqd_ns;  ///< softirq time on the worker's CPUs
  double common_fraction = 1;  ///< of the load generators' windows, what they have in common
  std::optional<network_outcome> network;  ///< empty over loopback

  void mark(std::string reason) { reasons.push_back(std::move(reason)); }
  void invalidate(std::string reason) {
    mark(std::move(reason));
    if (how == status::ok) how = status::invalid;
  }
  void end(const cell_ended& why);
};

}  // namespace skein::conductor
