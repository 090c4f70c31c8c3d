// `skein run`: one cell of one workload.
#include <memory>

#include "harness/cli/commands.hpp"
#include "harness/cli/run_options.hpp"
#include "harness/conductor/conductor.hpp"

namespace skein::cli {
namespace {

using make_request = conductor::run_request (*)(const run_words&);

command run_of(CLI::App& app, std::shared_ptr<run_words> words, make_request make,
               const arguments& argv) {
  return {&app, [words = std::move(words), make, argv] {
            conductor::run_request request = make(*words);
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
  const auto c10k_words = std::make_shared<run_words>();
  auto* const c10k = app->add_subcommand("c10k", "An echo server with many connections");
  add_common_options(*c10k, *c10k_words);
  add_c10k_options(*c10k, *c10k_words);
  c10k->footer(
      "Example:\n"
      "  skein run c10k --runtime fiber --connections 10000 --mode open "
      "--rate 20000 --duration 5s -o results.jsonl");
  const auto timers_words = std::make_shared<run_words>();
  auto* const timers = app->add_subcommand("timers", "Many tasks, each sleeping to its deadline");
  add_common_options(*timers, *timers_words);
  add_timers_options(*timers, *timers_words);
  timers->footer(
      "Example:\n"
      "  skein run timers --runtime libuv --tasks 100000 --pattern spread "
      "--window 5s -o results.jsonl");
  // The bare `run` comes last: it is reached only when no workload was named.
  return {run_of(*c10k, c10k_words, &c10k_request, argv),
          run_of(*timers, timers_words, &timers_request, argv),
          {app, []() -> int { throw usage_error("run needs a workload; see skein run --help"); }}};
}

}  // namespace skein::cli
