// The subcommands: for each a function that adds it to the command line and one that runs it.
// Leaves out parsing of values (units.hpp) and the work that the commands start (conductor,
// worker).
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "harness/cells/usage_error.hpp"
#include "harness/conductor/exit_status.hpp"

namespace skein::cli {

using cells::usage_error;
using conductor::exit_not_measured;
using conductor::exit_ok;
using conductor::exit_usage;

/// A subcommand, ready to be run once the command line has been parsed.
struct command {
  CLI::App* app;
  std::function<int()> run;
};

/// The program's arguments as typed, for records.
using arguments = std::vector<std::string>;

std::vector<command> add_list(CLI::App& program);
std::vector<command> add_explain(CLI::App& program);
std::vector<command> add_doctor(CLI::App& program);
std::vector<command> add_session(CLI::App& program, const arguments& argv);
std::vector<command> add_run(CLI::App& program, const arguments& argv);
std::vector<command> add_processes(CLI::App& program);  ///< worker, generator
/// Completes whatever the program has when the command is run.
std::vector<command> add_completion(CLI::App& program);

/// For messages: the ids of all runtimes.
std::vector<std::string> runtime_names();

/// What stands for an option's value in its help. Completion offers what these three stand for, and
/// the words of one that lists them: "test|base".
namespace placeholder {
inline constexpr const char* runtime = "RUNTIME";
inline constexpr const char* name = "NAME";  ///< of what can be explained
inline constexpr const char* file = "FILE";
}  // namespace placeholder

/// Parses the option's value; an error message begins with the option's name.
template <typename Parser>
auto parsed(const std::string& option, const std::string& text, Parser parser)
    -> decltype(parser(text)) {
  try {
    return parser(text);
  } catch (const usage_error& error) {
    throw usage_error(option + ": " + error.what());
  }
}

}  // namespace skein::cli
