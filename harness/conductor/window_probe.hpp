// What the worker and the machine used between two instants: the measured window.
#pragma once

#include <optional>
#include <sys/types.h>

#include "harness/conductor/outcome.hpp"
#include "harness/conductor/pinning.hpp"
#include "harness/conductor/worker_counters.hpp"

namespace skein::conductor {

class window_probe {
 public:
  /// @param generator  the load generator's pid where there is one
  /// @param counters  of the worker; they read nothing in a run that is not counted
  window_probe(const pinning& pins, pid_t worker, std::optional<pid_t> generator,
               const worker_counters& counters);

  void begin();
  /// Writes out.cpu, out.counts and out.host.
  void end(outcome& out);

 private:
  struct reading {
    measure::cpu_snapshot worker;
    measure::cpu_snapshot generator;
    measure::cpu_snapshot conductor;
    measure::host_snapshot host;
    std::optional<work_counts> counts;
  };
  [[nodiscard]] reading read() const;

  const pinning& pins_;
  pid_t worker_;
  std::optional<pid_t> generator_;
  const worker_counters& counters_;
  reading begin_;
};

}  // namespace skein::conductor
