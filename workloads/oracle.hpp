// What is known of a run before it: its right outcome, and when its tasks have something to do.
#pragma once

#include <cstdint>
#include <optional>

#include "runtimes/clock.hpp"
#include "workloads/program.hpp"

namespace skein::workloads {

/// What must come out when every task did its work exactly once, known without a run.
struct oracle {
  work_counts counts;
  /// How many of the units have a lateness; empty for a workload that knows none.
  std::optional<std::uint64_t> lateness_samples = {};
};

/// When the tasks of a run have something to do, counted from its epoch.
struct timing {
  time_ns grid_ns = 0;       ///< deadlines are whole multiples of this; 0: there are none
  time_ns first_due_ns = 0;  ///< no task does its work before
  /// All have begun their last work by then; what is missing 10 s later is lost.
  time_ns last_due_ns = 0;

  /// False where tasks are spawned by other tasks, after the epoch: no reading before is of them.
  bool tasks_before_epoch = true;

  [[nodiscard]] bool has_deadlines() const noexcept { return grid_ns > 0; }
};

}  // namespace skein::workloads
