// `skein explain NAME`: what is measured under a name, what is not, and how to run it.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <memory>

#include "harness/cli/commands.hpp"
#include "harness/cli/explanation.hpp"

namespace skein::cli {
namespace {

struct explain_words {
  std::string name;
  bool as_json = false;
};

int explain(const explain_words& words) {
  if (words.name.empty()) {
    throw usage_error(
        fmt::format("say what to explain; valid: {}", fmt::join(explained_names(), ", ")));
  }
  const auto sections = explanation_of(cells::find_named(words.name, explained_runtimes()));
  if (words.as_json) {
    fmt::print("{}\n", measure::to_text(explanation_json(words.name, sections), 2));
  } else {
    fmt::print("{}", explanation_text(words.name, sections));
  }
  return exit_ok;
}

}  // namespace

std::vector<command> add_explain(CLI::App& program) {
  auto* const app = program.add_subcommand(
      "explain", "What a workload, a mode, a runtime or a cell is, measures and leaves out");
  const auto words = std::make_shared<explain_words>();
  app->add_option("name", words->name,
                  "Such as c10k, c10k/idle, coroutine, or the id of a cell in a record")
      ->type_name(placeholder::name);
  app->add_flag("--json", words->as_json, "For programs");
  app->footer(
      "Examples:\n"
      "  skein explain timers/churn\n"
      "  skein explain c10k/coroutine/10000/fixed/active=100/64B/lent");
  return {{app, [words] { return explain(*words); }}};
}

}  // namespace skein::cli
