// Read on the generator's CPU, so at both ends of the window the generator loses what the readings
// cost: tens of microseconds, and a few milliseconds for a worker of 10,000 threads. The worker is
// read first. Late sends are counted, so a reading that costs too much makes the run invalid.
#include "harness/conductor/window_probe.hpp"

#include <unistd.h>

namespace skein::conductor {
namespace {

measure::own_use use_between(const measure::cpu_snapshot& begin, const measure::cpu_snapshot& end,
                             const std::vector<int>& cpus) {
  return {cpus, measure::cpu_between(begin, end).total_ns.value_or(0)};
}

}  // namespace

window_probe::window_probe(const pinning& pins, pid_t worker, std::optional<pid_t> generator,
                           const worker_counters& counters)
    : pins_(pins), worker_(worker), generator_(generator), counters_(counters) {}

void window_probe::begin() {
  begin_ = read();
}

void window_probe::end(outcome& out) {
  const reading now = read();
  out.cpu = measure::cpu_between(begin_.worker, now.worker);
  out.counts = counts_between(begin_.counts, now.counts);
  out.host =
      measure::host_between(begin_.host, now.host,
                            {use_between(begin_.worker, now.worker, pins_.worker_set()),
                             use_between(begin_.generator, now.generator, pins_.generator_set()),
                             use_between(begin_.conductor, now.conductor, pins_.generator_set())});
}

window_probe::reading window_probe::read() const {
  reading now;
  now.counts = counters_.read();
  now.worker = measure::read_cpu(worker_);
  if (generator_) now.generator = measure::read_cpu(*generator_);
  now.conductor = measure::read_cpu(::getpid());
  now.host = measure::read_host();
  return now;
}

}  // namespace skein::conductor
