// `skein completion SHELL`: prints a script that completes this program's command line.
#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <memory>
#include <string_view>

#include "harness/cells/nearest.hpp"
#include "harness/cli/commands.hpp"
#include "harness/cli/completion.hpp"
#include "harness/cli/explanation.hpp"

namespace skein::cli {
namespace {

struct shell {
  std::string name;
  std::string (*script)(const std::vector<completion_place>&);
};

const std::array<shell, 3>& shells() {
  static const std::array<shell, 3> all{
      {{"bash", bash_completion}, {"zsh", zsh_completion}, {"fish", fish_completion}}};
  return all;
}

std::vector<std::string> shell_names() {
  std::vector<std::string> names;
  for (const shell& each : shells()) names.push_back(each.name);
  return names;
}

int print_completion(const CLI::App& program, const std::string& wanted) {
  const std::vector<std::string> names = shell_names();
  if (wanted.empty()) {
    throw usage_error(fmt::format("completion needs a shell; valid: {}", fmt::join(names, ", ")));
  }
  cells::require_known("shell", wanted, names);
  const known_values known{{placeholder::runtime, runtime_names()},
                           {placeholder::name, explained_names()}};
  for (const shell& each : shells()) {
    if (each.name == wanted) fmt::print("{}", each.script(completion_places(program, known)));
  }
  return exit_ok;
}

}  // namespace

std::vector<command> add_completion(CLI::App& program) {
  auto* const app = program.add_subcommand(
      "completion", "Print what completes this program's command line in a shell");
  const auto wanted = std::make_shared<std::string>();
  app->add_option("shell", *wanted, "Of which shell")
      ->type_name(fmt::format("{}", fmt::join(shell_names(), "|")));
  app->footer(
      "Examples, for this shell and for those to come:\n"
      "  source <(skein completion bash)\n"
      "  source <(skein completion zsh)\n"
      "  skein completion fish > ~/.config/fish/completions/skein.fish");
  return {{app, [&program, wanted] { return print_completion(program, *wanted); }}};
}

}  // namespace skein::cli
