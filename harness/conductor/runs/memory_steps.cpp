// Takes the readings through harness/measure, after a collection of garbage and a rest.
#include "harness/conductor/runs/memory_steps.hpp"

#include "harness/conductor/prepare/memory_forecast.hpp"
#include "harness/conductor/processes/worker_steps.hpp"
#include "harness/measure/process_memory.hpp"
#include "workloads/all.hpp"

namespace skein::conductor {
namespace {

/// What a collection frees is given back in the rest that follows.
void rest(conversation& talk, child_process& worker, const run_request& request,
          const outcome& out) {
  settle(talk, worker, out.traits);
  talk.wait_until(monotonic_clock::now_ns() + request.quiesce_ns);
}

}  // namespace

std::vector<std::int64_t> memory_steps(std::int64_t total, std::optional<std::int64_t> ramp) {
  std::vector<std::int64_t> steps;
  for (const std::int64_t step : {ramp.value_or(0), total / 4, total / 2, total}) {
    if (step > (steps.empty() ? 0 : steps.back())) steps.push_back(step);
  }
  return steps;
}

std::vector<std::int64_t> steps_of(const run_request& request, std::int64_t total) {
  const bool are_there = workloads::timing_of(request.asked.of).tasks_before_epoch;
  if (!request.reads_memory() || !are_there) return {total};
  const auto ramp = first_ramp(request.asked, request.is_foreign(),
                               memory_bounds_now(request.memory_ceiling_bytes));
  return memory_steps(total, ramp);
}

void read_memory_step(conversation& talk, child_process& worker, const worker_counters& counters,
                      std::int64_t tasks, const run_request& request, outcome& out) {
  if (!request.reads_memory()) return;
  rest(talk, worker, request, out);
  out.memory_points.push_back(measure::read_memory_point(worker.pid(), tasks));
  if (const auto counts = counters.read())
    out.memory_points.back().allocations = counts->allocations;
}

void read_memory_after(conversation& talk, child_process& worker, const run_request& request,
                       outcome& out) {
  if (!request.reads_memory()) return;
  rest(talk, worker, request, out);
  out.memory_extras.after_drain_bytes = measure::read_memory_point(worker.pid(), 0).rss_anon_bytes;
  out.memory_extras.peak_rss_bytes = measure::read_peak_rss_bytes(worker.pid());
}

}  // namespace skein::conductor
