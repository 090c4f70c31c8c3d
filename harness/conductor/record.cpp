// Field by field, in the order of the format.
#include "harness/conductor/record.hpp"

#include <cerrno>
#include <cstdint>
#include <ctime>
#include <fmt/format.h>
#include <sys/random.h>

#include "harness/conductor/child_process.hpp"
#include "runtimes/errors.hpp"

namespace skein::conductor {
namespace {

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

/// What the format knows of a load; the generator tells more, which validity.cpp has used.
json load_field(const json& load) {
  if (!load.is_object()) return nullptr;
  json kept = json::object();
  for (const char* key :
       {"model", "arrival", "offered_per_s", "achieved_per_s", "sent", "completed", "errors",
        "inflight_max", "late_50us_fraction", "late_ns_p99", "generator_cpu_fraction"}) {
    kept[key] = load.value(key, json());
  }
  return kept;
}

bool has_times(const outcome& out) {
  return out.how == status::ok || out.how == status::invalid;
}

json cpu_field(const outcome& out) {
  return out.cpu && has_times(out) ? measure::to_json(*out.cpu, out.operations) : json(nullptr);
}

/// What a timer costs, by what is done with it. In pattern churn a timer is armed and cancelled,
/// but for the few that are left to fire; a fire of another pattern has its arming in it only where
/// tasks arm inside the window (periodic).
json timer_costs_field(const cell& asked, const outcome& out) {
  if (asked.workload != "timers" || !has_times(out)) return nullptr;
  const auto tasks = asked.tasks.value_or(0);
  json costs = {{"spawn_ns_per_task", nullptr},
                {"cpu_ns_per_fire", nullptr},
                {"cpu_ns_per_arm_cancel", nullptr}};
  if (out.spawn_ns && tasks > 0) {
    costs["spawn_ns_per_task"] = static_cast<double>(*out.spawn_ns) / static_cast<double>(tasks);
  }
  if (out.cpu && out.cpu->total_ns && out.operations > 0) {
    costs[asked.pattern == "churn" ? "cpu_ns_per_arm_cancel" : "cpu_ns_per_fire"] =
        static_cast<double>(*out.cpu->total_ns) / static_cast<double>(out.operations);
  }
  return costs;
}

json memory_field(const outcome& out) {
  if (out.memory_points.empty()) return nullptr;
  return measure::to_json(measure::summarize_memory(out.memory_points, out.memory_extras));
}

json meta(const json& run_meta, const char* key, json otherwise) {
  return run_meta.is_object() ? run_meta.value(key, std::move(otherwise)) : otherwise;
}

}  // namespace

json run_record(const run_request& request, const outcome& out, const std::string& session_id) {
  const auto time = [&](const json& value) { return has_times(out) ? value : json(nullptr); };
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
  record["echoed"] = out.echoed;
  record["conditions"] = out.conditions;
  record["started_utc"] = out.started_utc;
  record["setup_ns"] = or_null(out.setup_ns);
  record["warmup_ns"] = or_null(out.warmup_ns);
  record["window_ns"] = or_null(out.window_ns);
  record["spawn_ns"] = or_null(out.spawn_ns);
  record["fire_ns"] = or_null(out.fire_ns);
  record["status"] = name_of(out.how);
  record["reasons"] = out.reasons;
  record["limit"] = limit_field(out.limit);
  record["failure"] = failure_field(out.failure);
  record["work"] = out.work;
  record["load"] = load_field(out.load);
  record["latency"] = time(out.latency);
  record["service_time"] = time(out.service_time);
  record["lateness"] = time(out.lateness);
  record["cpu"] = cpu_field(out);
  record["timer_costs"] = timer_costs_field(request.asked, out);
  record["memory"] = memory_field(out);
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
