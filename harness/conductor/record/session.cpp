// Built from harness/measure and from what the build knows of itself.
#include "harness/conductor/record/session.hpp"

#include "harness/build_info.hpp"
#include "harness/cells/defaults.hpp"
#include "harness/conductor/record/record.hpp"
#include "harness/measure/environment.hpp"
#include "harness/measure/machine_floor.hpp"
#include "harness/measure/sources.hpp"

namespace skein::conductor {
namespace {

using measure::json;

json tool_field() {
  return {{"name", "skein"},
          {"version", build_info::version},
          {"commit", build_info::commit.empty() ? json(nullptr) : json(build_info::commit)},
          {"dirty", build_info::commit.empty() ? json(nullptr) : json(build_info::dirty)}};
}

json cpus_field(const std::vector<int>& cpus) {
  return cpus.empty() ? json("not pinned") : json(cpus);
}

/// The machine, and the conditions that this program sets in the same way for every worker.
json environment_field(const json& machine, const pinning& pins) {
  json all = machine;
  all["worker_cpus"] = cpus_field(pins.worker_cpus);
  all["generator_cpus"] = cpus_field(pins.generator_cpus);
  all["timer_slack_ns"] = cells::defaults::timer_slack_ns;
  all["inline_budget"] = cells::defaults::inline_budget;
  all["events_per_wait"] = cells::defaults::events_per_wait;
  all["timer_tick_ns"] = cells::defaults::tick_ns;
  return all;
}

json plan_field(const std::vector<std::string>& order) {
  json round = json::array();
  for (const std::string& cell : order) round.push_back(cell);
  json rounds = json::array();
  if (!round.empty()) rounds.push_back(round);
  return {{"design", "single"}, {"rounds", rounds.size()}, {"order", rounds}};
}

std::string session_id_from(const std::string& created_utc) {
  std::string id;
  for (const char c : created_utc.substr(0, created_utc.find('.'))) {
    if (c != '-' && c != ':') id += c;
  }
  return id + "Z-" + random_id().substr(0, 8);
}

}  // namespace

json session_record(const session_request& request, const pinning& pins) {
  const std::string created = utc_now();
  const json machine = measure::capture_environment();
  json record;
  record["kind"] = "session";
  record["schema"] = schema_version;
  record["session_id"] = session_id_from(created);
  record["created_utc"] = created;
  record["tool"] = tool_field();
  record["argv"] = request.argv;
  record["seed"] = measure::or_null(request.seed);
  record["plan"] = plan_field(request.order);
  record["config_sha256"] = nullptr;
  record["build"] = measure::capture_build();
  record["environment"] = environment_field(machine, pins);
  record["environment_hash"] = measure::environment_hash(machine);
  record["unreadable"] = measure::unreadable_sources();
  record["machine_floor"] = measure::to_json(
      measure::measure_machine_floor(pins.worker_set().front(), pins.generator_set().back()));
  return record;
}

}  // namespace skein::conductor
