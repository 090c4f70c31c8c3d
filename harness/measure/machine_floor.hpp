// How good this machine is at running anything on time, before a runtime is involved.
// Three short probes that open a session. Leaves out judging them: they are printed beside results.
#pragma once

#include <cstdint>
#include <optional>

#include "harness/measure/json.hpp"
#include "runtimes/clock.hpp"

namespace skein::measure {

struct machine_floor {
  /// A spinning thread reads the clock; the longest gap between two readings is kept for each
  /// millisecond; this is the 99th percentile of those. In 99 % of milliseconds a thread that never
  /// gives up its CPU was held up for no longer than this.
  std::optional<std::int64_t> stall_p99_ns;
  /// Half of the median round trip of two threads that wake each other through eventfds, on the two
  /// CPUs given: the time from a write to the blocked reader running.
  std::optional<std::int64_t> wake_ns;
  /// The timer floor: how late one sleeper on the worker's CPU wakes that has nothing else to do. A
  /// timerfd under epoll, armed anew for every whole millisecond, as the runtimes' loops do it:
  /// lateness in which there is no runtime. Median, and 99th percentile of 400 wakes (with so few,
  /// one that four others were later than).
  std::optional<std::int64_t> timer_p50_ns;
  std::optional<std::int64_t> timer_p99_ns;
};

/// Runs the probes on threads of its own, so that the caller's CPU set stays as it is; takes about
/// `probe_ns` for each of the first two and twice that for the timer's. A probe that cannot run
/// where it should (a CPU that is not there) is empty.
machine_floor measure_machine_floor(int worker_cpu, int generator_cpu,
                                    time_ns probe_ns = 200 * ns_per_ms);

/// session.machine_floor.
json to_json(const machine_floor& floor);

}  // namespace skein::measure
