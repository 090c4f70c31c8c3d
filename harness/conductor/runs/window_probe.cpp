// The readings are made on the generator's CPU, so at both ends of the window the generator loses
// the time that they take: a tenth of a millisecond, and a few milliseconds for a worker of 10,000
// threads. Counters are read first, then the worker. Late sends are counted, so a reading that
// takes too long makes the run invalid.
#include "harness/conductor/runs/window_probe.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <unistd.h>

namespace skein::conductor {
namespace {

measure::own_use use_between(const measure::cpu_snapshot& begin, const measure::cpu_snapshot& end,
                             const std::vector<int>& cpus) {
  return {cpus, measure::cpu_between(begin, end).total_ns.value_or(0)};
}

/// The time of ksoftirqd on these CPUs; empty where it is known for none of them.
std::optional<std::int64_t> softirqd_on(const std::vector<int>& cpus,
                                        const measure::host_usage& host) {
  std::optional<std::int64_t> sum;
  for (const int cpu : cpus) {
    const auto found = host.softirqd_ns.find(cpu);
    if (found != host.softirqd_ns.end()) sum = sum.value_or(0) + found->second;
  }
  return sum;
}

std::vector<int> judged_cpus(const pinning& pins) {
  std::vector<int> cpus = pins.worker_set();
  const std::vector<int>& more = pins.generator_set();
  cpus.insert(cpus.end(), more.begin(), more.end());
  return cpus;
}

}  // namespace

void keep(const window_use& use, const pinning& pins, outcome& out) {
  out.cpu = use.cpu;
  out.counts = use.counts;
  out.host = use.host;
  out.softirqd_ns = softirqd_on(pins.worker_set(), use.host);
}

window_probe::window_probe(const pinning& pins, child_process& worker,
                           const std::vector<child_process*>& generators,
                           const worker_counters& counters)
    : pins_(pins),
      worker_(worker.pid()),
      generators_(generators),
      counters_(counters),
      kernel_threads_(measure::find_kernel_threads(judged_cpus(pins))),
      worker_watch_(worker) {
  for (child_process* const each : generators_) generator_watches_.emplace_back(*each);
}

void window_probe::begin() {
  begin_ = read();
  worker_watch_.begin();
  for (child_watch& each : generator_watches_) each.begin();
}

window_use window_probe::end() {
  const reading now = read();
  ended_ns_ = now.at_ns;
  window_use use;
  use.cpu = measure::cpu_between(begin_.worker, now.worker);
  use.counts = counts_between(begin_.counts, now.counts);
  std::vector<measure::own_use> ours{
      use_between(begin_.worker, now.worker, pins_.worker_set()),
      use_between(begin_.conductor, now.conductor, pins_.generator_set())};
  for (std::size_t i = 0; i < generators_.size(); ++i) {
    ours.push_back(use_between(begin_.generators[i], now.generators[i], pins_.generator_set()));
  }
  use.host =
      measure::host_between(begin_.host, now.host, ours,
                            measure::kernel_between(kernel_threads_, begin_.kernel, now.kernel));
  return use;
}

absence window_probe::sides_away(time_ns window_ns, const window_use& use,
                                 std::optional<time_ns> kept_ns) {
  absence away;
  away.window_ns = window_ns;
  away.worker_ns = worker_watch_.away_ns();
  if (kept_ns) away.generator_ns = generators_away_ns(*kept_ns, use);
  return away;
}

absence window_probe::away(time_ns begin_ns, time_ns end_ns, const window_use& use,
                           std::optional<time_ns> kept_ns) {
  absence away = sides_away(end_ns - begin_ns, use, kept_ns);
  away.conductor_ns = late_ns(begin_ns, end_ns);
  return away;
}

absence window_probe::away_from(time_ns window_ns, const window_use& use,
                                std::optional<time_ns> kept_ns) {
  absence away = sides_away(window_ns, use, kept_ns);
  away.conductor_ns = std::abs(ended_ns_ - begin_.at_ns - window_ns);
  return away;
}

time_ns window_probe::late_ns(time_ns begin_ns, time_ns end_ns) const {
  return std::max<time_ns>(begin_.at_ns - begin_ns, 0) + std::max<time_ns>(ended_ns_ - end_ns, 0);
}

time_ns window_probe::generators_away_ns(time_ns kept_ns, const window_use& use) {
  time_ns stopped_ns = 0;
  for (child_watch& each : generator_watches_) stopped_ns += each.away_ns();
  return std::max(stopped_ns, kept_by_others_ns(kept_ns, use));
}

time_ns window_probe::kept_by_others_ns(time_ns kept_ns, const window_use& use) const {
  const std::vector<int>& cpus = pins_.generator_set();
  if (pins_.generator_elsewhere || cpus.size() != 1) return kept_ns;
  time_ns own_ns = softirqd_on(cpus, use.host).value_or(0);
  if (pins_.worker_set() == cpus) own_ns += use.cpu.total_ns.value_or(0);
  return std::max<time_ns>(kept_ns - own_ns, 0);
}

window_probe::reading window_probe::read() const {
  reading now;
  now.counts = counters_.read();
  now.at_ns = monotonic_clock::now_ns();
  now.worker = measure::read_cpu(worker_);
  for (const child_process* each : generators_) {
    now.generators.push_back(measure::read_cpu(each->pid()));
  }
  now.conductor = measure::read_cpu(::getpid());
  now.host = measure::read_host(softirq_threads_);
  now.kernel = measure::read_kernel_threads(kernel_threads_);
  return now;
}

}  // namespace skein::conductor
