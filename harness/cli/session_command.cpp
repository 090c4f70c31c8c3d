// `skein session`: prints the session line, for a caller that plans many runs and writes the file
// itself.
#include <fmt/format.h>
#include <memory>

#include "harness/cells/defaults.hpp"
#include "harness/cells/units.hpp"
#include "harness/cli/commands.hpp"
#include "harness/conductor/record/session.hpp"

namespace skein::cli {
namespace {

namespace defaults = cells::defaults;
using cells::parse_cpus;
using cells::parse_seed;

struct session_words {
  std::string argv;
  std::string seed;
  std::string worker_cpus = defaults::worker_cpus;
  std::string generator_cpus = defaults::generator_cpus;
};

arguments argv_from(const std::string& text) {
  const auto list = measure::json::parse(text, nullptr, false);
  if (!list.is_array()) throw usage_error("--argv: '" + text + "' is not a JSON list of strings");
  arguments words;
  for (const auto& word : list) {
    if (!word.is_string())
      throw usage_error("--argv: " + measure::to_text(word) + " is not a string");
    words.push_back(word);
  }
  return words;
}

int print_session(const CLI::App& app, const session_words& words, const arguments& own_argv) {
  conductor::session_request request;
  request.argv = words.argv.empty() ? own_argv : argv_from(words.argv);
  if (!words.seed.empty()) {
    request.seed = parsed("--seed", words.seed, parse_seed);
  }
  const conductor::cpu_request worker{parsed("--worker-cpus", words.worker_cpus, parse_cpus),
                                      app.count("--worker-cpus") > 0};
  const conductor::cpu_request generator{
      parsed("--generator-cpus", words.generator_cpus, parse_cpus),
      app.count("--generator-cpus") > 0};
  const auto pins = conductor::plan_pinning(worker, generator, conductor::allowed_cpus());
  fmt::print("{}\n", measure::to_text(conductor::session_record(request, pins)));
  return exit_ok;
}

}  // namespace

std::vector<command> add_session(CLI::App& program, const arguments& argv) {
  auto* const app = program.add_subcommand(
      "session", "Describe machine and build as one JSON line, the session line of a results file");
  const auto words = std::make_shared<session_words>();
  app->add_option("--argv", words->argv, "What to record as the command, a JSON list of strings")
      ->type_name("JSON");
  app->add_option("--seed", words->seed, "The plan's seed")->type_name("N");
  app->add_option("--worker-cpus", words->worker_cpus, "CPUs of the workers, e.g. 0 or 0,2-3")
      ->type_name("CPUS")
      ->capture_default_str();
  app->add_option("--generator-cpus", words->generator_cpus, "CPUs of the load generator")
      ->type_name("CPUS")
      ->capture_default_str();
  app->footer(
      "Takes about half a second, for it probes how promptly the machine runs a thread.\n"
      "Example:\n  skein session --argv '[\"scripts/bench\"]' --seed 1");
  return {{app, [=] { return print_session(*app, *words, argv); }}};
}

}  // namespace skein::cli
