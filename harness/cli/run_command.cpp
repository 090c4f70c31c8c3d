// `skein run`: one cell of one workload.
#include <fmt/format.h>
#include <memory>
#include <utility>

#include "harness/cli/commands.hpp"
#include "harness/cli/run_options.hpp"
#include "harness/conductor/conductor.hpp"
#include "workloads/all.hpp"

namespace skein::cli {
namespace {

command run_of(CLI::App& app, const workloads::declaration& declared, const arguments& argv) {
  const auto words = std::make_shared<run_words>();
  add_options(app, declared, *words);
  app.footer(fmt::format("Example:\n  {}", declared.example));
  return {&app, [words, &declared, argv] {
            conductor::run_request request = request_for(declared, *words);
            request.argv = argv;
            return conductor::run(std::move(request));
          }};
}

}  // namespace

std::vector<command> add_run(CLI::App& program, const arguments& argv) {
  auto* const app = program.add_subcommand("run", "Measure one cell: a workload on a runtime");
  app->footer(
      "Exit status: 0 measured, or a limit of this machine stood in the way; 4 could not\n"
      "measure; 130 interrupted; 2 usage.\n"
      "Example:\n"
      "  skein run c10k --runtime coroutine --connections 10000 -o results.jsonl");
  std::vector<command> commands;
  for (const workloads::declaration* const each : workloads::declarations) {
    auto* const own = app->add_subcommand(std::string(each->id), std::string(each->description));
    commands.push_back(run_of(*own, *each, argv));
  }
  // The bare `run` comes last: it is reached only when no workload was named.
  commands.push_back(
      {app, []() -> int { throw usage_error("run needs a workload; see skein run --help"); }});
  return commands;
}

}  // namespace skein::cli
