// `skein doctor`: this machine's limits against what the published cells need. Changes nothing.
#include <fmt/format.h>
#include <memory>
#include <optional>

#include "harness/cli/commands.hpp"
#include "harness/conductor/prepare/preflight.hpp"
#include "harness/measure/limits.hpp"
#include "runtimes/shared/stack_arena.hpp"

namespace skein::cli {
namespace {

using measure::json;

/// How stacks are guarded here, and how many stacks that allows; empty where it sets no limit.
struct guards_fact {
  guard_kind kind = available_guards();
  std::optional<std::size_t> most_stacks =
      kind == guard_kind::mapped ? std::optional(most_mapped_stacks()) : std::nullopt;
};

void print_report(const std::vector<measure::check>& checks, bool ok) {
  const guards_fact guards;
  json all = {{"checks", json::array()},
              {"ok", ok},
              {"stack_guard", name_of(guards.kind)},
              {"most_guarded_stacks", measure::or_null(guards.most_stacks)}};
  for (const auto& each : checks) all["checks"].push_back(measure::to_json(each));
  fmt::print("{}\n", measure::to_text(all, 2));
}

void print_guards(const guards_fact& guards) {
  if (guards.most_stacks) {
    fmt::print(
        "  stacks are guarded by mappings of their own: "
        "at most {} of them in a process (vm.max_map_count / 2); "
        "Linux 6.13 has guards without\n",
        *guards.most_stacks);
  } else {
    fmt::print("  stacks are guarded without mappings of their own (MADV_GUARD_INSTALL)\n");
  }
}

void print_checks(const std::vector<measure::check>& checks, bool ok) {
  for (const auto& each : checks) {
    const std::string value = each.value ? std::to_string(*each.value) : "none known";
    fmt::print("  {:<8}{:<30} {:>14}, needed {}\n", each.ok ? "ok" : "too low", each.name, value,
               each.needed);
    if (!each.ok) fmt::print("          {}\n", each.remedy);
  }
  print_guards({});
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
