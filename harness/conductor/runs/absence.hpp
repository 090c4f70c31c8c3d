// How long each process of a run was away in a window, that is, did not run while it should have.
// Here are the readings; validity.hpp judges them, by the rule in harness/VALIDITY.md ("Away").
#pragma once

#include <optional>

#include "harness/conductor/processes/child_process.hpp"
#include "harness/measure/fields.hpp"
#include "harness/measure/throttle.hpp"
#include "runtimes/clock.hpp"

namespace skein::conductor {

/// An empty field: the process had nothing to do in that window, or the time is not known.
struct absence {
  time_ns window_ns = 0;
  std::optional<time_ns> worker_ns;  ///< stopped by a signal, or throttled by its control group
  /// Stopped or throttled, or kept from reading its clock by processes outside this run.
  std::optional<time_ns> generator_ns;
  std::optional<time_ns> conductor_ns;  ///< how late it read the counters at the window's ends

  template <typename Self, typename Visit>
  static void for_each_field(Self& of, Visit&& visit) {
    visit("window_ns", of.window_ns, measure::recorded::never);
    visit("worker_ns", of.worker_ns);
    visit("generator_ns", of.generator_ns);
    visit("conductor_ns", of.conductor_ns);
  }
};

/// How long a child was stopped or throttled since begin().
class child_watch {
 public:
  explicit child_watch(child_process& child) : child_(&child), throttled_(child.pid()) {}
  void begin() { begin_ns_ = total_ns(); }
  [[nodiscard]] time_ns away_ns() { return total_ns() - begin_ns_; }

 private:
  [[nodiscard]] time_ns total_ns();

  child_process* child_;
  measure::throttle_counter throttled_;
  time_ns begin_ns_ = 0;
};

}  // namespace skein::conductor
