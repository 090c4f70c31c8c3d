// `skein list`: what can be measured, from the two lists that the program is built from.
#include <fmt/format.h>
#include <memory>

#include "harness/cells/active.hpp"
#include "harness/cli/commands.hpp"
#include "harness/measure/json.hpp"
#include "workloads/all.hpp"

namespace skein::cli {
namespace {

using cells::usual_active;
using measure::json;

json runtime_json(const runtime_info& runtime) {
  return {{"id", runtime.id},
          {"style", runtime.style},
          {"loop", runtime.loop},
          {"timer_source", runtime.timer_source},
          {"library", runtime.library},
          {"library_version", runtime.library_version},
          {"threads_model", runtime.threads},
          {"description", runtime.task},
          {"timer_resolution_ns", runtime.timer_resolution_ns},
          {"early_by_at_most_ns", runtime.early_by_at_most_ns},
          {"takes_inline_budget", runtime.takes_inline_budget},
          {"takes_events_per_wait", runtime.takes_events_per_wait},
          {"takes_tick", runtime.takes_tick}};
}

json size_json(const workloads::workload_info& workload, const workloads::size& size) {
  if (workload.id == "timers") return {{"tasks", size.tasks}, {"window_ns", size.window_ns}};
  json active = json::object();
  const auto connections = static_cast<std::int64_t>(size.connections);
  for (const auto& mode : workload.modes) {
    if (mode == "idle") continue;
    active[std::string(mode)] =
        usual_active(mode, connections, static_cast<std::int64_t>(size.active));
  }
  return {{"connections", connections}, {"active", active}, {"rate_per_s", size.rate_per_s}};
}

json workload_json(const workloads::workload_info& workload) {
  json object = {{"id", workload.id}, {"description", workload.description}};
  object[workload.id == "timers" ? "patterns" : "modes"] = workload.modes;
  object["sizes"] = json::object();
  for (const auto& size : workload.sizes) {
    object["sizes"][std::string(size.name)] = size_json(workload, size);
  }
  object["measures"] = workload.measures;
  object["leaves_out"] = workload.leaves_out;
  object["unfair"] = workload.unfair;
  return object;
}

void print_lists_json() {
  json all = {{"runtimes", json::array()}, {"workloads", json::array()}};
  for (const auto& runtime : workloads::runtimes())
    all["runtimes"].push_back(runtime_json(runtime));
  for (const auto& workload : workloads::all()) all["workloads"].push_back(workload_json(workload));
  fmt::print("{}\n", measure::to_text(all, 2));
}

void print_lists() {
  fmt::print("runtimes\n");
  for (const auto& runtime : workloads::runtimes()) {
    fmt::print("  {:<16} {:<10} {}; waits on {}; timers: {}; {} {}\n", runtime.id, runtime.style,
               runtime.task, runtime.loop, runtime.timer_source, runtime.library,
               runtime.library_version);
  }
  fmt::print("workloads\n");
  for (const auto& workload : workloads::all()) {
    fmt::print("  {:<12} {} (", workload.id, workload.description);
    for (const auto& mode : workload.modes) {
      fmt::print("{}{}", &mode == workload.modes.data() ? "" : ", ", mode);
    }
    fmt::print(")\n");
  }
}

template <typename List>
std::vector<std::string> ids_of(const List& list) {
  std::vector<std::string> ids;
  for (const auto& each : list) ids.emplace_back(each.id);
  return ids;
}

}  // namespace

std::vector<std::string> runtime_names() {
  return ids_of(workloads::runtimes());
}
std::vector<std::string> workload_names() {
  return ids_of(workloads::all());
}

std::vector<command> add_list(CLI::App& program) {
  auto* const app = program.add_subcommand("list", "What can be measured: runtimes and workloads");
  const auto as_json = std::make_shared<bool>(false);
  app->add_flag("--json", *as_json, "For programs");
  app->footer("Example:\n  skein list --json");
  return {{app, [as_json] {
             if (*as_json) {
               print_lists_json();
             } else {
               print_lists();
             }
             return exit_ok;
           }}};
}

}  // namespace skein::cli
