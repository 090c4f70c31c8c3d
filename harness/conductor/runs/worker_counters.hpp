// What `skein run --count` adds to a worker: a counter of its allocations and one of its system
// calls. In any other run it does nothing, so that the measured worker is unchanged. Leaves out
// what is done with the counts: memory_steps.hpp, window_probe.hpp and record.hpp.
#pragma once

#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "harness/conductor/outcome.hpp"
#include "harness/conductor/processes/child_process.hpp"
#include "harness/measure/allocation_count.hpp"
#include "harness/measure/syscall_count.hpp"

namespace skein::conductor {

/// Made before the worker, and outlives it. The order of calls: counted(), the worker's start,
/// attach() after its hello, doubt() once it is ready, read() at any time.
class worker_counters {
 public:
  explicit worker_counters(bool wanted);

  /// The command, with the counters' variables in its environment.
  [[nodiscard]] command_line counted(command_line command) const;

  /// Counts system calls from here on. Marks the run with a reason for each count that is not
  /// available; that count is then null.
  void attach(pid_t worker, outcome& out);

  /// Drops the count of allocations of a worker that does not say it allocates with glibc, and
  /// marks the run with the reason: what never asks malloc would count as none.
  void doubt(const json& conditions, outcome& out);

  /// Counts since the start (allocations) or since attach (system calls). Empty in a run that is
  /// not counted.
  [[nodiscard]] std::optional<work_counts> read() const;

 private:
  std::optional<measure::allocation_count> allocations_;
  std::optional<measure::syscall_count> system_calls_;
  bool by_glibc_ = true;
};

/// What was counted between two readings.
std::optional<work_counts> counts_between(const std::optional<work_counts>& begin,
                                          const std::optional<work_counts>& end);

}  // namespace skein::conductor
