// Turns counters into fields: rates over the window, empty where there is nothing to divide by.
#include "harness/generator/report.hpp"

#include <cstdint>
#include <optional>
#include <string>

#include "harness/protocol/load_report.hpp"
#include "harness/protocol/protocol.hpp"

namespace skein::generator {
namespace {

using measure::json;
using ratio = std::optional<double>;

ratio divided(double numerator, double denominator) {
  return denominator > 0 ? ratio(numerator / denominator) : std::nullopt;
}

ratio per_second(std::uint64_t count, time_ns duration_ns) {
  return divided(static_cast<double>(count) * static_cast<double>(ns_per_s),
                 static_cast<double>(duration_ns));
}

ratio fraction(std::uint64_t part, std::uint64_t whole) {
  return divided(static_cast<double>(part), static_cast<double>(whole));
}

ratio share_of(std::optional<time_ns> part, std::uint64_t whole) {
  return part ? fraction(static_cast<std::uint64_t>(*part), whole) : std::nullopt;
}

std::optional<std::string> note(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

protocol::load_result load_of(const load_run& run, const load_request& load,
                              const error_counts& errors) {
  const window& measured = run.measured();
  const auto& lateness = measured.lateness();
  const auto cpu_ns = static_cast<std::uint64_t>(measured.cpu_ns());
  protocol::load_result result;
  result.model = load.mode;
  if (is_scheduled(load.mode)) {
    result.arrival = load.arrival;
    result.offered_per_s = per_second(measured.scheduled(), measured.offered_ns());
  }
  result.achieved_per_s = per_second(measured.units(), measured.duration_ns());
  result.sent = measured.sent();
  result.completed = measured.completed();
  result.errors = errors;
  result.inflight_max = measured.inflight_max();
  result.late_50us_fraction =
      fraction(measured.late_50us(), static_cast<std::uint64_t>(lateness.count()));
  if (lateness.count() > 0) result.late_ns_p99 = lateness.percentile(99);
  result.generator_cpu_fraction =
      fraction(cpu_ns, static_cast<std::uint64_t>(measured.duration_ns()));
  result.generator_cpu_per_op_ns = share_of(measured.work_ns(), measured.units());
  result.generator_busy_fraction = share_of(measured.work_ns(), cpu_ns);
  result.unsent = run.unsent();
  result.away_ns = measured.away_ns();
  result.warmup_ns = run.warmup_ns();
  result.warmup_note = note(run.warmup_note());
  result.early_end = note(run.early_end());
  return result;
}

protocol::work_done work_of(const exchange_totals& totals) {
  return {static_cast<std::int64_t>(totals.completed), static_cast<std::int64_t>(totals.bytes),
          protocol::hex_checksum(totals.checksum),
          protocol::hex_checksum(totals.expected_checksum)};
}

measure::sliced_distribution latency_of(const window& measured) {
  measure::sliced_distribution latency{measure::distribution_of(measured.latency()), {}};
  for (const slice_summary& each : measured.slices().summarize(measured.offered_ns())) {
    measure::slice& slice = latency.slices.emplace_back();
    slice.t_ns = each.t_ns;
    slice.duration_ns = each.duration_ns;
    slice.count = each.count;
    if (each.count == 0) continue;
    slice.p50 = each.p50_ns;
    slice.p99 = each.p99_ns;
  }
  return latency;
}

}  // namespace

json result_message(const load_run& run, const load_request& load, exchange& requests,
                    std::optional<double> handler_step_ns) {
  const window& measured = run.measured();
  protocol::load_report report;
  report.load = load_of(run, load, requests.errors());
  report.load.handler_step_ns = handler_step_ns;
  report.work = work_of(requests.totals());
  report.window = {measured.units(), measured.duration_ns()};
  report.latency = latency_of(measured);
  report.service_time = measure::distribution_of(measured.service_time());
  report.wrong_bytes = requests.totals().wrong_bytes;
  json message = {{"type", "result"}};
  message.update(measure::to_json(report));
  return message;
}

}  // namespace skein::generator
