// How promptly this machine runs anything, before a runtime is involved: three short probes that
// open a session. Leaves out judging them: they are printed beside results.
#pragma once

#include <cstdint>
#include <optional>

#include "harness/measure/json.hpp"
#include "runtimes/clock.hpp"

namespace skein::measure {

struct machine_floor {
  /// A spinning thread reads the clock, and the longest gap between two readings is kept for each
  /// millisecond. This is the 99th percentile of those gaps: in 99 % of milliseconds a thread that
  /// never gives up its CPU was held up for no longer than this.
  std::optional<std::int64_t> stall_p99_ns;
  /// Half of the median round trip of two threads that wake each other through eventfds, on the two
  /// given CPUs: the time from a write until the blocked reader runs.
  std::optional<std::int64_t> wake_ns;
  /// The timer floor: how late a single sleeper on the worker's CPU wakes when it has nothing else
  /// to do. It is a timerfd under epoll, armed anew for every whole millisecond, as in the
  /// runtimes' loops; so this is the lateness without any runtime. Median, and 99th percentile of
  /// 400 wakes (with so few, a value that four wakes exceeded).
  std::optional<std::int64_t> timer_p50_ns;
  std::optional<std::int64_t> timer_p99_ns;
};

/// Runs the probes on threads of its own, so that the caller's CPU set does not change. Takes about
/// `probe_ns` for each of the first two probes and twice that for the timer's. The value of a probe
/// that cannot run on its CPU is empty.
machine_floor measure_machine_floor(int worker_cpu, int generator_cpu,
                                    time_ns probe_ns = 200 * ns_per_ms);

/// session.machine_floor.
json to_json(const machine_floor& floor);

}  // namespace skein::measure
