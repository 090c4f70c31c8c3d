// What can be typed after `skein`, from the options and subcommands that the program has, and the
// scripts that offer it in three shells. Leaves out any name of a command, option or value: a
// script has only those that were found.
#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <string>
#include <vector>

namespace skein::cli {

/// By what stands for a value in help, the values.
using known_values = std::map<std::string, std::vector<std::string>>;

/// A word that can be typed, and what it is.
struct offered_word {
  std::string word;
  std::string help;
};

struct offered_option {
  std::vector<std::string> names;  ///< "-o", "--output"
  std::string help;
  bool takes_value;
  bool takes_file;
  std::vector<std::string> values;  ///< empty: any
};

/// One command, and what may follow it.
struct completion_place {
  std::string path;                 ///< " run c10k": the commands typed so far, each behind a blank
  std::vector<offered_word> words;  ///< subcommands, and values of an argument without a dash
  std::vector<offered_option> options;
};

/// The program itself and every command below it, outermost first.
std::vector<completion_place> completion_places(const CLI::App& program, const known_values& known);

std::string bash_completion(const std::vector<completion_place>& places);
std::string zsh_completion(const std::vector<completion_place>& places);
std::string fish_completion(const std::vector<completion_place>& places);

}  // namespace skein::cli
