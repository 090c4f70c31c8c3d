// `skein worker` and `skein generator`: the two ends a conductor talks to. People need them only to
// look at the protocol (harness/PROTOCOL.md, harness/GENERATOR.md), or where one is started by a
// command of theirs.
#include <memory>
#include <unistd.h>

#include "harness/cells/nearest.hpp"
#include "harness/cli/commands.hpp"
#include "harness/generator/generator.hpp"
#include "harness/worker/worker_main.hpp"

namespace skein::cli {

using cells::require_known;

std::vector<command> add_processes(CLI::App& program) {
  auto* const worker = program.add_subcommand(
      "worker", "Be the measured process: commands on standard input, replies on standard output");
  const auto runtime = std::make_shared<std::string>();
  worker->add_option("--runtime", *runtime, "Which runtime to be")->type_name(placeholder::runtime);
  worker->footer(
      "Example (say hello and end, for the channel ends):\n"
      "  skein worker --runtime coroutine < /dev/null");
  auto* const generator = program.add_subcommand(
      "generator", "Be the load generator: commands on standard input, replies on standard output");
  generator->footer(
      "Example (ask it to end):\n"
      "  echo '{\"type\":\"stop\"}' | skein generator");
  return {{worker,
           [runtime] {
             if (runtime->empty()) throw usage_error("--runtime is required");
             require_known("runtime", *runtime, runtime_names());
             return worker::worker_main(*runtime, STDIN_FILENO, STDOUT_FILENO);
           }},
          {generator, [] { return generator::generator_main(STDIN_FILENO, STDOUT_FILENO); }}};
}

}  // namespace skein::cli
