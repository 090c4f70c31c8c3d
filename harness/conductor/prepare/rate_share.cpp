// Measuring the baseline is a run like any other, only short and without a record.
#include "harness/conductor/prepare/rate_share.hpp"

#include <cmath>
#include <fmt/format.h>
#include <utility>

#include "harness/cells/defaults.hpp"
#include "harness/conductor/judge/lint.hpp"
#include "harness/conductor/judge/validity.hpp"
#include "harness/conductor/prepare/preflight.hpp"
#include "harness/conductor/runs/served_run.hpp"
#include "workloads/all.hpp"

namespace skein::conductor {
namespace {

constexpr time_ns baseline_duration_ns = 1500 * ns_per_ms;
constexpr time_ns baseline_warmup_ns = 300 * ns_per_ms;

std::string style_of(const std::string& id) {
  for (const auto& runtime : workloads::runtimes()) {
    if (runtime.id == id) return std::string(runtime.style);
  }
  return {};
}

cell_ended about_baseline(const run_request& request, const cell_ended& why) {
  const std::string text = fmt::format("--rate auto: the baseline {} could not be measured: {}",
                                       request.rate_baseline, why.what());
  if (why.limit) {
    limit_fact limit = *why.limit;
    limit.message = text;
    return cell_ended(std::move(limit));
  }
  failure_fact failure = why.failure.value_or(failure_fact{});
  failure.message = text;
  return {why.how(), std::move(failure)};
}

outcome measure_once(const run_request& request, const pinning& pins, const interrupts& signals) {
  run_request baseline = baseline_request(request);
  outcome out;
  if (const auto obstacle =
          first_obstacle(baseline.asked, baseline.thread_ceiling, {}, baseline.ends())) {
    throw cell_ended(*obstacle);
  }
  measure_served(baseline, pins, signals, out);
  refuse_contradictions(baseline.asked, out);
  judge(out, baseline.asked, pins);
  return out;
}

/// A disturbed measurement is made once more, because every rate that follows is a share of it.
outcome measure_baseline(const run_request& request, const pinning& pins,
                         const interrupts& signals) {
  outcome out = measure_once(request, pins, signals);
  if (out.how != status::ok) out = measure_once(request, pins, signals);
  return out;
}

double saturation_of(const outcome& baseline) {
  const double rate = baseline.load ? baseline.load->achieved_per_s.value_or(0) : 0;
  if (rate > 0) return rate;
  throw failed_by_conductor("nothing was achieved");
}

}  // namespace

void adopt_reasons(const outcome& baseline, outcome& out) {
  for (const std::string& reason : baseline.reasons) {
    const std::string text = "rate: baseline: " + reason;
    if (baseline.how != status::ok) {
      out.invalidate(text);
    } else if (reason.starts_with("client-bound:")) {
      out.mark(text);
    }
  }
}

run_request baseline_request(const run_request& request) {
  run_request baseline = request;
  cell& asked = baseline.asked;
  asked.runtime = request.rate_baseline;
  asked.style = style_of(request.rate_baseline);
  asked.workers = workloads::usual::workers;
  auto& served = std::get<c10k::cell>(asked.of);
  served.mode = c10k::mode::fixed;
  served.rate_per_s.reset();
  served.arrival.reset();
  served.pipeline.reset();
  served.duration_ns = baseline_duration_ns;
  served.warmup_ns = baseline_warmup_ns;
  if (served.buffer == buffer_policy::runtime) served.buffer = buffer_policy::lent;
  asked.stack_bytes.reset();
  if (takes_stack_bytes(asked)) {
    asked.stack_bytes = request.asked.stack_bytes.value_or(workloads::usual::stack_bytes);
  }
  baseline.counted = false;
  baseline.how.memory = workloads::memory::off;
  baseline.worker_command.clear();
  baseline.rate_share.reset();
  return baseline;
}

double typeable_rate(double rate_per_s) {
  const double unit = std::pow(10.0, std::floor(std::log10(rate_per_s)) - 2);
  const double rounded = std::round(rate_per_s / unit);
  // Dividing by a whole number is exact; multiplying by 0.01 is not.
  return unit < 1 ? rounded / std::round(1 / unit) : rounded * unit;
}

void settle_rate(run_request& request, const pinning& pins, const interrupts& signals,
                 outcome& out) {
  if (!request.rate_share) return;
  try {
    const outcome baseline = measure_baseline(request, pins, signals);
    out.saturation_per_s = saturation_of(baseline);
    adopt_reasons(baseline, out);
  } catch (const cell_ended& why) {
    throw about_baseline(request, why);
  }
  std::get<c10k::cell>(request.asked.of).rate_per_s =
      typeable_rate(*request.rate_share * *out.saturation_per_s);
}

}  // namespace skein::conductor
