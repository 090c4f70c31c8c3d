// Field by field, in the order of the format.
#include "harness/conductor/record/record.hpp"

#include <cerrno>
#include <cmath>
#include <cstdint>
#include <ctime>
#include <fmt/format.h>
#include <sys/random.h>
#include <utility>

#include "harness/conductor/processes/child_process.hpp"
#include "runtimes/errors.hpp"
#include "workloads/all.hpp"

namespace skein::conductor {
namespace {

using measure::form;
using measure::or_null;

json limit_field(const std::optional<limit_fact>& limit) {
  if (!limit) return nullptr;
  return {{"name", limit->name},
          {"value", or_null(limit->value)},
          {"needed", limit->needed},
          {"message", limit->message}};
}

json failure_field(const std::optional<failure_fact>& failure) {
  if (!failure) return nullptr;
  return {{"process", failure->process},
          {"exit_status", or_null(failure->exit_status)},
          {"signal", failure->signal ? json(signal_name(*failure->signal)) : json(nullptr)},
          {"stderr", failure->stderr_lines},
          {"message", failure->message}};
}

/// Connections that were only held had no load to report: the record has the fields with nothing in
/// them.
json held_field(form as) {
  json field = measure::to_json(protocol::load_result(), as);
  for (auto& value : field) value = nullptr;
  field["model"] = "idle";
  return field;
}

json load_field(const run_request& request, const outcome& out, form as) {
  if (cells::is_in_mode(request.asked, c10k::mode::idle) && out.work) return held_field(as);
  json field = measure::to_json(out.load, as);
  if (out.load && request.rate_share) {
    field["rate_share"] = *request.rate_share;
    field["saturation_per_s"] = request.counted ? json(nullptr) : or_null(out.saturation_per_s);
    field["rate_baseline"] = request.rate_baseline;
  }
  return field;
}

bool has_times(const outcome& out) {
  return out.how == status::ok || out.how == status::invalid;
}

json each(const std::optional<std::int64_t>& counted, std::int64_t operations) {
  if (!counted || operations <= 0) return nullptr;
  const double exact = static_cast<double>(*counted) / static_cast<double>(operations);
  return std::round(exact * 1e4) / 1e4;
}

/// A counted run has counts and no times, so that nobody compares times that counting has slowed
/// down.
json cpu_field(const outcome& out, form as) {
  if (!out.cpu || !has_times(out)) return nullptr;
  json field = measure::to_json(measure::figures_of(*out.cpu, out.operations), as);
  if (as == form::counted_record) {
    const work_counts counts = out.counts.value_or(work_counts{});
    field["syscalls_per_op"] = each(counts.system_calls, out.operations);
    field["allocations_per_op"] = each(counts.allocations, out.operations);
  } else {
    field["softirqd_per_op_ns"] = each(out.softirqd_ns, out.operations);
  }
  return field;
}

json shares_field(const protocol::shared_out& shares) {
  json field = {{"least", shares.least}, {"most", shares.most}, {"ratio", nullptr}};
  if (shares.most > 0) {
    field["ratio"] = static_cast<double>(shares.least) / static_cast<double>(shares.most);
  }
  return field;
}

/// What a task costs, and what a timer does, by what is done with it: in pattern churn a timer is
/// armed and cancelled, except for the few that are left to fire; in other patterns a fire includes
/// its arming only where tasks arm inside the window (periodic). Where there are no deadlines, the
/// time of a unit of work tells as well.
json timer_costs_field(const cell& asked, const outcome& out) {
  const bool ends = workloads::declaration_of(asked.of).run == workloads::run_kind::tasks;
  if (!ends || !has_times(out)) return nullptr;
  const std::int64_t tasks = asked.count();
  json costs = {{"spawn_ns_per_task", nullptr},
                {"cpu_ns_per_fire", nullptr},
                {"cpu_ns_per_arm_cancel", nullptr},
                {"wall_per_op_ns", nullptr}};
  const workloads::timing timing = workloads::timing_of(asked.of);
  if (out.spawn_ns && tasks > 0 && timing.tasks_before_epoch) {
    costs["spawn_ns_per_task"] = static_cast<double>(*out.spawn_ns) / static_cast<double>(tasks);
  }
  if (!timing.has_deadlines() && out.window_ns && out.operations > 0) {
    costs["wall_per_op_ns"] =
        static_cast<double>(*out.window_ns) / static_cast<double>(out.operations);
  }
  const auto* const timers = asked.as<timers::cell>();
  if (timers != nullptr && out.cpu && out.cpu->total_ns && out.operations > 0) {
    costs[timers->pattern == timers::pattern::churn ? "cpu_ns_per_arm_cancel" : "cpu_ns_per_fire"] =
        static_cast<double>(*out.cpu->total_ns) / static_cast<double>(out.operations);
  }
  return costs;
}

/// Where no slope can be, since tasks come and go within the window: what the peak of memory is
/// above the process without any, for each.
json peak_of_each(const cell& asked, const outcome& out) {
  const auto& without = out.memory_points.front().rss_bytes;
  const auto& peak = out.memory_extras.peak_rss_bytes;
  if (!without || !peak) return nullptr;
  return static_cast<double>(*peak - *without) / static_cast<double>(asked.count());
}

json memory_field(const cell& asked, const outcome& out) {
  if (out.memory_points.empty()) return nullptr;
  json field = measure::to_json(measure::summarize_memory(out.memory_points, out.memory_extras));
  if (!workloads::timing_of(asked.of).tasks_before_epoch) {
    field["peak_bytes_per_task"] = peak_of_each(asked, out);
  }
  return field;
}

/// What one host says of its end; its counts only if there was a window.
json end_field(const measure::network_end& end, const std::optional<measure::network_counts>& in) {
  json field = measure::to_json(end);
  field.update(measure::to_json(in.value_or(measure::network_counts{})));
  return field;
}

/// The network that the load came over, of a run that ended early as far as it is known.
json network_field(const network_request& asked, const outcome& out) {
  const network_outcome found = out.network.value_or(network_outcome{});
  json generators = json::array();
  for (const far_end& each : found.generators) {
    json field = end_field(each.end, each.counts);
    field["round_trip_ns"] = measure::to_json(each.round_trip);
    field["environment"] = each.environment;
    field["environment_hash"] = each.environment_hash;
    field["cpus"] = each.cpus;
    field["host"] = each.host;
    generators.push_back(std::move(field));
  }
  return {{"name", asked.name},
          {"worker", end_field(found.worker, found.worker_counts)},
          {"generators", generators}};
}

json meta(const json& run_meta, const char* key, json otherwise) {
  return run_meta.is_object() ? run_meta.value(key, std::move(otherwise)) : otherwise;
}

}  // namespace

json run_record(const run_request& request, const outcome& out, const std::string& session_id) {
  const bool timed = has_times(out) && !request.counted;
  const form as = request.counted ? form::counted_record : form::record;
  const auto time = [&](const auto& of) {
    return timed ? measure::to_json(of, as) : json(nullptr);
  };
  json record;
  record["kind"] = "run";
  record["schema"] = schema_version;
  record["run_id"] = random_id();
  record["session_id"] = session_id;
  record["arm"] = meta(request.run_meta, "arm", "single");
  record["block"] = meta(request.run_meta, "block", 0);
  record["pair"] = meta(request.run_meta, "pair", nullptr);
  record["position"] = meta(request.run_meta, "position", 0);
  record["cell_id"] = cell_id(request.asked);
  record["cell"] = to_json(request.asked);
  if (out.loop) record["loop"] = *out.loop;
  if (request.network) record["network"] = network_field(*request.network, out);
  record["echoed"] = out.echoed;
  record["conditions"] = out.conditions;
  record["started_utc"] = out.started_utc;
  record["setup_ns"] = or_null(out.setup_ns);
  record["warmup_ns"] = or_null(out.warmup_ns);
  record["window_ns"] = or_null(out.window_ns);
  record["spawn_ns"] = request.counted ? json(nullptr) : or_null(out.spawn_ns);
  record["fire_ns"] = request.counted ? json(nullptr) : or_null(out.fire_ns);
  if (out.messages) record["messages"] = *out.messages;
  if (request.counted) record["counted"] = true;
  record["status"] = name_of(out.how);
  record["reasons"] = out.reasons;
  record["limit"] = limit_field(out.limit);
  record["failure"] = failure_field(out.failure);
  record["work"] = measure::to_json(out.work, as);
  if (out.shares) record["shares"] = shares_field(*out.shares);
  if (out.hog) record["hog"] = measure::to_json(*out.hog, as);
  record["load"] = load_field(request, out, as);
  record["latency"] = time(out.latency);
  record["service_time"] = time(out.service_time);
  record["lateness"] = time(out.lateness);
  if (workloads::timing_of(request.asked.of).has_deadlines()) {
    record["early_by_at_most_ns"] = out.early_by_at_most_ns;
  }
  if (has_times(out) && out.exchange) record["exchange"] = measure::to_json(*out.exchange, as);
  if (out.away) record["away"] = measure::to_json(*out.away, as);
  record["cpu"] = cpu_field(out, as);
  record["timer_costs"] = request.counted ? json(nullptr) : timer_costs_field(request.asked, out);
  record["memory"] = memory_field(request.asked, out);
  record["host"] = out.host ? measure::to_json(*out.host) : json(nullptr);
  return record;
}

std::string random_id() {
  std::uint64_t bits = 0;
  while (::getrandom(&bits, sizeof bits, 0) != sizeof bits) {
    if (errno != EINTR) throw_errno("getrandom");
  }
  return fmt::format("{:016x}", bits);
}

std::string utc_now() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  std::tm parts{};
  ::gmtime_r(&now.tv_sec, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     now.tv_nsec / ns_per_ms);
}

}  // namespace skein::conductor
