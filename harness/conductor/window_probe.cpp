// Read on the generator's CPU, so at both ends of the window the generator loses what the readings
// cost: tens of microseconds, and a few milliseconds for a worker of 10,000 threads. The worker is
// read first. Late sends are counted, so a reading that costs too much makes the run invalid.
#include "harness/conductor/window_probe.hpp"

#include <cstddef>
#include <unistd.h>
#include <utility>

namespace skein::conductor {
namespace {

measure::own_use use_between(const measure::cpu_snapshot& begin, const measure::cpu_snapshot& end,
                             const std::vector<int>& cpus) {
  return {cpus, measure::cpu_between(begin, end).total_ns.value_or(0)};
}

}  // namespace

window_probe::window_probe(const pinning& pins, pid_t worker, std::vector<pid_t> generators,
                           const worker_counters& counters)
    : pins_(pins), worker_(worker), generators_(std::move(generators)), counters_(counters) {}

void window_probe::begin() {
  begin_ = read();
}

void window_probe::end(outcome& out) {
  const reading now = read();
  out.cpu = measure::cpu_between(begin_.worker, now.worker);
  out.counts = counts_between(begin_.counts, now.counts);
  std::vector<measure::own_use> ours{
      use_between(begin_.worker, now.worker, pins_.worker_set()),
      use_between(begin_.conductor, now.conductor, pins_.generator_set())};
  for (std::size_t i = 0; i < generators_.size(); ++i) {
    ours.push_back(use_between(begin_.generators[i], now.generators[i], pins_.generator_set()));
  }
  out.host = measure::host_between(begin_.host, now.host, ours);
  out.softirqd_ns.reset();
  for (const int cpu : pins_.worker_set()) {
    const auto found = out.host->softirqd_ns.find(cpu);
    if (found == out.host->softirqd_ns.end()) continue;
    out.softirqd_ns = out.softirqd_ns.value_or(0) + found->second;
  }
}

window_probe::reading window_probe::read() const {
  reading now;
  now.counts = counters_.read();
  now.worker = measure::read_cpu(worker_);
  for (const pid_t each : generators_) now.generators.push_back(measure::read_cpu(each));
  now.conductor = measure::read_cpu(::getpid());
  now.host = measure::read_host(softirq_threads_);
  return now;
}

}  // namespace skein::conductor
