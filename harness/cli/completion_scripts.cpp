// Each script finds out at which command the line is (its place), then what the word before asks
// for: an option's values, a file, something that only a person knows, or else the words and
// options of the place.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <string_view>

#include "harness/cli/completion.hpp"

namespace skein::cli {
namespace {

using places_span = std::vector<completion_place>;

/// As bash and zsh read it: 'what it is'.
std::string shell_quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char letter : text)
    quoted += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
  return quoted + "'";
}

/// As fish reads it.
std::string fish_quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char letter : text) {
    if (letter == '\'' || letter == '\\') quoted += '\\';
    quoted += letter;
  }
  return quoted + "'";
}

/// Patterns of a `case` of bash and zsh: every place but the program itself.
std::string place_patterns(const places_span& places) {
  std::vector<std::string> patterns;
  for (const completion_place& each : places) {
    if (!each.path.empty()) patterns.push_back(shell_quoted(each.path));
  }
  return fmt::format("{}", fmt::join(patterns, " | "));
}

/// An option at its place, by all of its names: ' run c10k -o' | ' run c10k --output'.
std::string option_patterns(const completion_place& place, const offered_option& option) {
  std::vector<std::string> patterns;
  for (const std::string& name : option.names) {
    patterns.push_back(shell_quoted(place.path + " " + name));
  }
  return fmt::format("{}", fmt::join(patterns, " | "));
}

std::vector<std::string> names_at(const completion_place& place) {
  std::vector<std::string> names;
  for (const offered_word& each : place.words) names.push_back(each.word);
  for (const offered_option& each : place.options) {
    names.insert(names.end(), each.names.begin(), each.names.end());
  }
  return names;
}

// --- zsh ---

/// 'name:what it is', as _describe takes it.
std::string described(const std::string& name, const std::string& help) {
  return shell_quoted(help.empty() ? name : name + ":" + help);
}

std::string described_at(const completion_place& place) {
  std::vector<std::string> choices;
  for (const offered_word& each : place.words) choices.push_back(described(each.word, each.help));
  for (const offered_option& each : place.options) {
    for (const std::string& name : each.names) choices.push_back(described(name, each.help));
  }
  return fmt::format("{}", fmt::join(choices, " "));
}

// --- fish ---

std::string fish_option(const std::string& at, const offered_option& option) {
  std::string line = at;
  for (const std::string& name : option.names) {
    line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  if (option.takes_file) line += " -r -F";
  if (option.takes_value && !option.takes_file) line += " -x";
  if (!option.values.empty()) {
    line += " -a " + fish_quoted(fmt::format("{}", fmt::join(option.values, " ")));
  }
  return line + " -d " + fish_quoted(option.help) + "\n";
}

}  // namespace

std::string bash_completion(const places_span& places) {
  std::string text = R"(# What can be typed after skein, in bash. Written by: skein completion bash
_skein() {
  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} place='' words='' i
  # bash takes --mode=open for three words.
  if [[ $current == '=' ]]; then
    current=''
  elif [[ $before == '=' ]]; then
    before=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$place ${COMP_WORDS[i]}" in
)";
  text += "      " + place_patterns(places) + ") place+=\" ${COMP_WORDS[i]}\" ;;\n";
  text += "    esac\n  done\n  case \"$place $before\" in\n";
  for (const completion_place& place : places) {
    for (const offered_option& option : place.options) {
      if (!option.takes_value) continue;
      text += "    " + option_patterns(place, option) + ")";
      if (option.takes_file) {
        text +=
            " compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "
            "\"$current\"); return ;;\n";
      } else if (option.values.empty()) {
        text += " return ;;\n";
      } else {
        text += fmt::format(" words='{}' ;;\n", fmt::join(option.values, " "));
      }
    }
  }
  text += "    *)\n      case \"$place\" in\n";
  for (const completion_place& place : places) {
    text += fmt::format("        {}) words='{}' ;;\n", shell_quoted(place.path),
                        fmt::join(names_at(place), " "));
  }
  text += R"(      esac ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -F _skein skein
)";
  return text;
}

std::string zsh_completion(const places_span& places) {
  std::string text = R"(#compdef skein
# What can be typed after skein, in zsh. Written by: skein completion zsh
_skein() {
  local before=${words[CURRENT-1]} place='' word
  local -a choices
  if [[ $PREFIX == --*=* ]]; then
    before=${PREFIX%%=*}
    compset -P '*='
  fi
  for word in "${(@)words[2,CURRENT-1]}"; do
    case "$place $word" in
)";
  text += "      (" + place_patterns(places) + ") place+=\" $word\" ;;\n";
  text += "    esac\n  done\n  case \"$place $before\" in\n";
  for (const completion_place& place : places) {
    for (const offered_option& option : place.options) {
      if (!option.takes_value) continue;
      text += "    (" + option_patterns(place, option) + ")";
      if (option.takes_file) {
        text += " _files; return ;;\n";
      } else if (option.values.empty()) {
        text += " return ;;\n";
      } else {
        text += fmt::format(" choices=({}) ;;\n", fmt::join(option.values, " "));
      }
    }
  }
  text += "    (*)\n      case \"$place\" in\n";
  for (const completion_place& place : places) {
    text += fmt::format("        ({}) choices=({}) ;;\n", shell_quoted(place.path),
                        described_at(place));
  }
  text += R"(      esac ;;
  esac
  _describe skein choices
}
if [[ ${funcstack[1]} == _skein ]]; then _skein "$@"; else compdef _skein skein; fi
)";
  return text;
}

std::string fish_completion(const places_span& places) {
  std::string text = R"(# What can be typed after skein, in fish. Written by: skein completion fish
function __skein_is_at
    set -l place ''
    for word in (commandline -opc)[2..-1]
        switch "$place $word"
)";
  text += "            case";
  for (const completion_place& each : places) {
    if (!each.path.empty()) text += " " + fish_quoted(each.path);
  }
  text += R"(
                set place "$place $word"
        end
    end
    test "$place" = "$argv[1]"
end
complete -c skein -f
)";
  for (const completion_place& place : places) {
    const std::string at = fmt::format("complete -c skein -n \"__skein_is_at '{}'\"", place.path);
    for (const offered_word& each : place.words) {
      text += at + " -a " + fish_quoted(each.word);
      text += each.help.empty() ? "\n" : " -d " + fish_quoted(each.help) + "\n";
    }
    for (const offered_option& each : place.options) text += fish_option(at, each);
  }
  return text;
}

}  // namespace skein::cli
