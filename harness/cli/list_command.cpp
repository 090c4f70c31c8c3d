// `skein list`: what can be measured, from the runtimes and declarations that the program is built
// from.
#include <fmt/format.h>
#include <memory>

#include "generated/runtimes.hpp"
#include "harness/cells/describe.hpp"
#include "harness/cli/commands.hpp"
#include "harness/measure/json.hpp"
#include "workloads/all.hpp"

namespace skein::cli {
namespace {

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
          {"takes_tick", runtime.takes_tick},
          {"takes_workers", runtime.takes_workers},
          {"polls_unasked", runtime.polls_unasked}};
}

void print_lists_json() {
  json all = {{"runtimes", json::array()}, {"workloads", json::array()}};
  for (const auto& runtime : workloads::runtimes())
    all["runtimes"].push_back(runtime_json(runtime));
  all["foreign"] = json::array();
  for (const foreign_runtime& each : foreign_runtimes) {
    all["foreign"].push_back({{"id", each.id},
                              {"language", each.language},
                              {"folder", each.folder},
                              {"description", each.about}});
  }
  for (const auto* const workload : workloads::declarations) {
    all["workloads"].push_back(cells::to_json(*workload));
  }
  fmt::print("{}\n", measure::to_text(all, 2));
}

void print_lists() {
  fmt::print("runtimes\n");
  for (const auto& runtime : workloads::runtimes()) {
    fmt::print("  {:<16} {:<10} {}; waits on {}; timers: {}; {} {}\n", runtime.id, runtime.style,
               runtime.task, runtime.loop, runtime.timer_source, runtime.library,
               runtime.library_version);
  }
  fmt::print("programs of their own (a matrix starts them; see runtimes/README.md)\n");
  for (const foreign_runtime& each : foreign_runtimes) {
    fmt::print("  {:<16} {}; {}, runtimes/{}\n", each.id, each.about, each.language, each.folder);
  }
  fmt::print("workloads\n");
  for (const auto* const workload : workloads::declarations) {
    fmt::print("  {:<12} {}\n", workload->id, workload->description);
  }
  fmt::print("what each is, measures and leaves out: skein explain NAME\n");
}

}  // namespace

std::vector<std::string> runtime_names() {
  std::vector<std::string> ids;
  for (const auto& each : workloads::runtimes()) ids.emplace_back(each.id);
  return ids;
}

std::vector<command> add_list(CLI::App& program) {
  auto* const app = program.add_subcommand("list", "What can be measured: runtimes and workloads");
  const auto as_json = std::make_shared<bool>(false);
  app->add_flag("--json", *as_json, "For programs");
  app->footer(
      "What one of them is and measures: skein explain NAME.\nExample:\n  skein list --json");
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
