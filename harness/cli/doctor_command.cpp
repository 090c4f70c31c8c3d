// `skein doctor`: this machine's limits against what the published cells need. Changes nothing.
#include <fmt/format.h>
#include <memory>

#include "harness/cli/commands.hpp"
#include "harness/conductor/preflight.hpp"
#include "harness/measure/limits.hpp"

namespace skein::cli {
namespace {

using measure::json;

void print_report(const std::vector<measure::check>& checks, bool ok) {
  json all = {{"checks", json::array()}, {"ok", ok}};
  for (const auto& each : checks) all["checks"].push_back(measure::to_json(each));
  fmt::print("{}\n", all.dump(2));
}

void print_checks(const std::vector<measure::check>& checks, bool ok) {
  for (const auto& each : checks) {
    const std::string value = each.value ? std::to_string(*each.value) : "none known";
    fmt::print("  {:<8}{:<30} {:>14}, needed {}\n", each.ok ? "ok" : "too low", each.name, value,
               each.needed);
    if (!each.ok) fmt::print("          {}\n", each.remedy);
  }
  fmt::print("{}\n", ok ? "This machine can run every published cell."
                        : "Cells that need more than a limit allows end with status limit.");
}

}  // namespace

std::vector<command> add_doctor(CLI::App& program) {
  auto* const app = program.add_subcommand(
      "doctor", "Limits of this machine against what the published cells need; changes nothing");
  const auto as_json = std::make_shared<bool>(false);
  app->add_flag("--json", *as_json, "For programs");
  app->footer(
      "The exit status is 0 whether or not every limit is high enough: \"ok\" tells.\n"
      "Example:\n  skein doctor --json");
  return {{app, [as_json] {
             const auto checks = measure::checks_for(conductor::needs_of_published_cells());
             const bool ok = !measure::first_exceeded(checks).has_value();
             if (*as_json) {
               print_report(checks, ok);
             } else {
               print_checks(checks, ok);
             }
             return exit_ok;
           }}};
}

}  // namespace skein::cli
