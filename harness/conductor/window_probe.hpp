// What the worker and the machine used between two instants: the measured window.
#pragma once

#include <optional>
#include <sys/types.h>
#include <vector>

#include "harness/conductor/outcome.hpp"
#include "harness/conductor/pinning.hpp"
#include "harness/conductor/worker_counters.hpp"

namespace skein::conductor {

class window_probe {
 public:
  /// @param generators  the load generators' pids where there are any
  /// @param counters  of the worker; they read nothing in a run that is not counted
  window_probe(const pinning& pins, pid_t worker, std::vector<pid_t> generators,
               const worker_counters& counters);

  void begin();
  /// Writes out.cpu, out.counts and out.host.
  void end(outcome& out);

 private:
  struct reading {
    measure::cpu_snapshot worker;
    std::vector<measure::cpu_snapshot> generators;
    measure::cpu_snapshot conductor;
    measure::host_snapshot host;
    std::optional<work_counts> counts;
  };
  [[nodiscard]] reading read() const;

  const pinning& pins_;
  pid_t worker_;
  std::vector<pid_t> generators_;
  const worker_counters& counters_;
  const measure::softirq_threads softirq_threads_ = measure::find_softirq_threads();
  reading begin_;
};

}  // namespace skein::conductor
