// The program `skein`: finds the subcommand, and turns every way to fail into its exit status.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <fcntl.h>
#include <fmt/format.h>
#include <iterator>
#include <optional>
#include <unistd.h>

#include "harness/build_info.hpp"
#include "harness/cells/nearest.hpp"
#include "harness/cli/commands.hpp"

namespace skein::cli {
namespace {

using cells::unknown_name;

std::vector<std::string> subcommands_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* each : app.get_subcommands({})) names.push_back(each->get_name());
  return names;
}

std::vector<std::string> options_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* each : app.get_options()) {
    for (const std::string& name : each->get_lnames()) names.push_back("--" + name);
    for (const std::string& name : each->get_snames()) names.push_back("-" + name);
  }
  return names;
}

/// Reports arguments that the parser did not recognise, in our own wording. Only names of
/// subcommands can be mistyped without a dash.
void refuse_extras(const CLI::App& app) {
  const std::vector<std::string> extras = app.remaining();
  if (extras.empty()) return;
  const std::string& word = extras.front();
  const auto names = subcommands_of(app);
  if (word.starts_with("-")) {
    const std::string name = word.substr(0, word.find('='));
    throw usage_error(unknown_name("option", name, options_of(app)) + " (" + app.get_name() + ")");
  }
  if (names.empty()) {
    throw usage_error(fmt::format("{} takes no argument '{}'; see skein {} --help", app.get_name(),
                                  word, app.get_name()));
  }
  throw usage_error(unknown_name(app.get_name() == "run" ? "workload" : "command", word, names));
}

void refuse_all_extras(const CLI::App& app) {
  refuse_extras(app);
  for (const CLI::App* each : app.get_subcommands()) refuse_all_extras(*each);
}

void allow_all_extras(CLI::App& app) {
  app.allow_extras();
  for (CLI::App* each : app.get_subcommands([](CLI::App*) { return true; })) {
    allow_all_extras(*each);
  }
}

int run_parsed(const CLI::App& program, const std::vector<command>& commands) {
  refuse_all_extras(program);
  const auto wanted = std::find_if(commands.begin(), commands.end(),
                                   [](const command& each) { return each.app->parsed(); });
  if (wanted == commands.end()) {
    throw usage_error(fmt::format("say what to do; see skein --help"));
  }
  return wanted->run();
}

int parse_and_run(CLI::App& program, const std::vector<command>& commands, int argc,
                  const char* const* argv) {
  allow_all_extras(program);
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return program.exit(error);  // --help, --version
    throw usage_error(error.what());
  }
  return run_parsed(program, commands);
}

int complain(const std::exception& error, int status) {
  fmt::print(stderr, "skein: {}\n", error.what());
  return status;
}

/// Keeps descriptors 0, 1 and 2 open. If the caller had closed them, a child's pipes could get
/// these numbers.
void keep_standard_descriptors() {
  int fd = ::open("/dev/null", O_RDWR);
  while (fd >= 0 && fd <= STDERR_FILENO) fd = ::open("/dev/null", O_RDWR);
  if (fd > STDERR_FILENO) ::close(fd);
}

/// A worker and a load generator have no options but their own: those of other commands would stay
/// on the heap, be measured as the runtime's fixed memory, and grow with each workload.
bool is_end_of_a_run(const arguments& words) {
  return words.size() > 1 && (words[1] == "worker" || words[1] == "generator");
}

std::vector<command> commands_for(CLI::App& program, const arguments& words) {
  if (is_end_of_a_run(words)) return add_processes(program);
  std::vector<command> commands;
  for (auto&& more :
       {add_list(program), add_explain(program), add_doctor(program), add_run(program, words),
        add_session(program, words), add_completion(program), add_processes(program)}) {
    std::copy(more.begin(), more.end(), std::back_inserter(commands));
  }
  return commands;
}

int skein_main(int argc, const char* const* argv) {
  keep_standard_descriptors();
  const arguments words(argv, argv + argc);
  CLI::App program("Measures how programs wait: the same work on interchangeable runtimes.",
                   "skein");
  program.set_version_flag("--version", std::string("skein ") + std::string(build_info::version));
  program.footer("Example:\n  skein run timers --runtime coroutine --tasks 100000");
  const std::vector<command> commands = commands_for(program, words);
  try {
    return parse_and_run(program, commands, argc, argv);
  } catch (const usage_error& error) {
    return complain(error, exit_usage);
  } catch (const std::exception& error) {
    return complain(error, exit_not_measured);
  }
}

}  // namespace
}  // namespace skein::cli

int main(int argc, char** argv) {
  return skein::cli::skein_main(argc, argv);
}
