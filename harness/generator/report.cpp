// Turns counters into fields: rates over the window, null where there is nothing to divide by.
#include "harness/generator/report.hpp"

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>

#include "harness/measure/histogram_json.hpp"

namespace skein::generator {
namespace {

using measure::json;

json ratio(double numerator, double denominator) {
  return denominator > 0 ? json(numerator / denominator) : json(nullptr);
}

json per_second(std::uint64_t count, time_ns duration_ns) {
  return ratio(static_cast<double>(count) * static_cast<double>(ns_per_s),
               static_cast<double>(duration_ns));
}

json fraction(std::uint64_t part, std::uint64_t whole) {
  return ratio(static_cast<double>(part), static_cast<double>(whole));
}

json share_of(std::optional<time_ns> part, std::uint64_t whole) {
  return part ? fraction(static_cast<std::uint64_t>(*part), whole) : json(nullptr);
}

json note(const std::string& text) {
  return text.empty() ? json(nullptr) : json(text);
}

std::string hexadecimal(std::uint64_t value) {
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(value));
  return digits;
}

const char* arrival_name(const load_request& load) {
  return load.arrival == arrival_kind::poisson ? "poisson" : "uniform";
}

json load_fields(const load_run& run, const load_request& load, const error_counts& errors) {
  const window& measured = run.measured();
  const bool open = is_scheduled(load.mode);
  const auto& lateness = measured.lateness();
  return {
      {"model", name_of(load.mode)},
      {"arrival", open ? json(arrival_name(load)) : json(nullptr)},
      {"offered_per_s",
       open ? per_second(measured.scheduled(), measured.offered_ns()) : json(nullptr)},
      {"achieved_per_s", per_second(measured.units(), measured.duration_ns())},
      {"sent", measured.sent()},
      {"completed", measured.completed()},
      {"errors", to_json(errors)},
      {"inflight_max", measured.inflight_max()},
      {"late_50us_fraction",
       fraction(measured.late_50us(), static_cast<std::uint64_t>(lateness.count()))},
      {"late_ns_p99", lateness.count() > 0 ? json(lateness.percentile(99)) : json(nullptr)},
      {"generator_cpu_fraction", fraction(static_cast<std::uint64_t>(measured.cpu_ns()),
                                          static_cast<std::uint64_t>(measured.duration_ns()))},
      {"generator_cpu_per_op_ns", share_of(measured.work_ns(), measured.units())},
      {"generator_busy_fraction",
       share_of(measured.work_ns(), static_cast<std::uint64_t>(measured.cpu_ns()))},
      {"unsent", run.unsent()},
      {"away_ns", measured.away_ns()},
      {"warmup_ns", run.warmup_ns()},
      {"warmup_note", note(run.warmup_note())},
      {"early_end", note(run.early_end())},
      {"drain_ns", run.drain_ns()},
  };
}

json slices_field(const window& measured) {
  json list = json::array();
  for (const slice_summary& slice : measured.slices().summarize(measured.offered_ns())) {
    const bool empty = slice.count == 0;
    list.push_back({{"t_ns", slice.t_ns},
                    {"duration_ns", slice.duration_ns},
                    {"count", slice.count},
                    {"p50", empty ? json(nullptr) : json(slice.p50_ns)},
                    {"p99", empty ? json(nullptr) : json(slice.p99_ns)}});
  }
  return list;
}

}  // namespace

json to_json(const error_counts& errors) {
  return {{"connect", errors.connect},
          {"read", errors.read},
          {"write", errors.write},
          {"timeout", errors.timeout},
          {"descriptors", errors.descriptors}};
}

json result_message(const load_run& run, const load_request& load, exchange& requests) {
  const window& measured = run.measured();
  const exchange_totals& totals = requests.totals();
  json latency = measure::to_json(measured.latency());
  latency["slices"] = slices_field(measured);
  return {{"type", "result"},
          {"load", load_fields(run, load, requests.errors())},
          {"work",
           {{"units", totals.completed},
            {"bytes", totals.bytes},
            {"checksum", hexadecimal(totals.checksum)},
            {"expected_checksum", hexadecimal(totals.expected_checksum)}}},
          {"window", {{"units", measured.units()}, {"duration_ns", measured.duration_ns()}}},
          {"latency", std::move(latency)},
          {"service_time", measure::to_json(measured.service_time())},
          {"errors", to_json(requests.errors())},
          {"wrong_bytes", totals.wrong_bytes}};
}

}  // namespace skein::generator
