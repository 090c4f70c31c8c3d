// Evidence against a run from outside it: what the machine or the load generator did and the
// runtime cannot be blamed for. The judgement uses that evidence alone, never the value of a
// result.
#pragma once

#include "harness/conductor/outcome.hpp"
#include "harness/conductor/prepare/pinning.hpp"

namespace skein::conductor {

/// The thresholds, in one place.
struct validity_rules {
  double steal_fraction = 0.01;                ///< of the window, on a pinned CPU
  double foreign_fraction = 0.03;              ///< of the window, on a pinned CPU
  double foreign_fraction_churn = 0.06;        ///< churn: the kernel frees the remains of sockets
  double foreign_fraction_threads_end = 0.25;  ///< worker's CPU, where threads come and go
  time_ns host_floor_ns = 30'000'000;          ///< least time judged: accounting errs by <= 3 ticks
  double away_fraction = 0.03;                 ///< of the window, that a process was away
  time_ns away_floor_ns = 10'000'000;          ///< a scheduler may let a process wait for a tick
  double apart_fraction = 0.01;                ///< the conductor's window from a load's own
  double common_fraction = 0.95;               ///< of the windows of several load generators
  double pressure_fraction = 0.01;             ///< of the window, tasks stalled for memory
  double achieved_fraction = 0.98;       ///< of the offered rate, unless the worker is saturated
  double saturated_fraction = 0.9;       ///< of its CPUs: the worker is the bottleneck
  double late_fraction = 0.05;           ///< sends more than 50 us late
  double busy_fraction = 0.9;            ///< of its CPU time: the generator is the bottleneck
  double late_p99_ns = 100'000;          ///< the generator's own lateness, open loads
  double steady_ratio = 1.25;            ///< first third against last third; shown, never invalid
  double little_tolerance = 0.05;        ///< N = X * R in a closed loop; shown, never invalid
  std::int64_t slope_tasks_min = 5'000;  ///< fewer: too few pages for a line; shown, not judged
};

/// Whether the worker used up its CPUs in the window; false where that is not known.
bool is_saturated(const outcome& out, const pinning& pins, const validity_rules& rules = {});

/// Adds reasons, and makes an ok run invalid where the evidence is against it. The generator's CPUs
/// are judged only where it had a load to send.
void judge(outcome& out, const cell& asked, const pinning& pins, const validity_rules& rules = {});

}  // namespace skein::conductor
