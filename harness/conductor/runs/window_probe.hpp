// What the worker and the machine used between the two ends of a measured window, and which
// processes were away meanwhile.
#pragma once

#include <optional>
#include <sys/types.h>
#include <vector>

#include "harness/conductor/outcome.hpp"
#include "harness/conductor/prepare/pinning.hpp"
#include "harness/conductor/runs/absence.hpp"
#include "harness/conductor/runs/worker_counters.hpp"

namespace skein::conductor {

struct window_use {
  measure::cpu_usage cpu;
  std::optional<work_counts> counts;
  measure::host_usage host;
};

/// Writes out.cpu, out.counts, out.host and out.softirqd_ns.
void keep(const window_use& use, const pinning& pins, outcome& out);

class window_probe {
 public:
  /// @param generators  the load generators, if there are any
  /// @param counters    the worker's; they read nothing in a run that is not counted
  window_probe(const pinning& pins, child_process& worker,
               const std::vector<child_process*>& generators, const worker_counters& counters);

  void begin();
  window_use end();

  /// How long worker and generators were away since begin(), in a window of this length.
  /// @param kept_ns  how long the generator could not read its clock; empty where it had no work
  [[nodiscard]] absence sides_away(time_ns window_ns, const window_use& use,
                                   std::optional<time_ns> kept_ns = {});
  /// The same, and how late the conductor was, for a window with these ends.
  [[nodiscard]] absence away(time_ns begin_ns, time_ns end_ns, const window_use& use,
                             std::optional<time_ns> kept_ns = {});
  /// The same for a window of which only its length is known, for it was measured by another clock:
  /// the conductor was late by as much as its own window differs.
  [[nodiscard]] absence away_from(time_ns window_ns, const window_use& use,
                                  std::optional<time_ns> kept_ns = {});

 private:
  /// How late the two readings were, together.
  [[nodiscard]] time_ns late_ns(time_ns begin_ns, time_ns end_ns) const;
  /// How long the generators were away, given that they could not read their clocks for `kept_ns`.
  [[nodiscard]] time_ns generators_away_ns(time_ns kept_ns, const window_use& use);
  /// The part of that time that programs outside this run took. ksoftirqd works on the run's
  /// packets, and a worker that shares the CPU is meant to run there. Both are known to have run in
  /// the generator's place only where it had a single CPU.
  [[nodiscard]] time_ns kept_by_others_ns(time_ns kept_ns, const window_use& use) const;

  struct reading {
    time_ns at_ns = 0;
    measure::cpu_snapshot worker;
    std::vector<measure::cpu_snapshot> generators;
    measure::cpu_snapshot conductor;
    measure::host_snapshot host;
    measure::kernel_times kernel;
    std::optional<work_counts> counts;
  };
  [[nodiscard]] reading read() const;

  const pinning& pins_;
  pid_t worker_;
  std::vector<child_process*> generators_;
  const worker_counters& counters_;
  const measure::softirq_threads softirq_threads_ = measure::find_softirq_threads();
  const measure::kernel_threads kernel_threads_;
  child_watch worker_watch_;
  std::vector<child_watch> generator_watches_;
  reading begin_;
  time_ns ended_ns_ = 0;
};

}  // namespace skein::conductor
