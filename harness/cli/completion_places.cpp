#include <algorithm>
#include <cstddef>
#include <utility>

#include "harness/cli/commands.hpp"
#include "harness/cli/completion.hpp"

namespace skein::cli {
namespace {

/// What stands for a value names what is known, or lists the values itself: "test|base".
std::vector<std::string> values_behind(const std::string& stands_for, const known_values& known) {
  if (const auto found = known.find(stands_for); found != known.end()) return found->second;
  if (stands_for.find('|') == std::string::npos) return {};
  std::vector<std::string> values;
  for (std::size_t begin = 0; begin <= stands_for.size();) {
    const std::size_t end = std::min(stands_for.find('|', begin), stands_for.size());
    values.push_back(stands_for.substr(begin, end - begin));
    begin = end + 1;
  }
  return values;
}

offered_option offered(const CLI::Option& option, const known_values& known) {
  offered_option found{
      {}, option.get_description(), option.get_items_expected_max() > 0, false, {}};
  for (const std::string& name : option.get_snames()) found.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) found.names.push_back("--" + name);
  if (found.takes_value) {
    found.takes_file = option.get_type_name() == placeholder::file;
    found.values = values_behind(option.get_type_name(), known);
  }
  return found;
}

void collect(const CLI::App& app, const std::string& path, const known_values& known,
             std::vector<completion_place>& places) {
  completion_place place{path, {}, {}};
  for (const CLI::App* const each : app.get_subcommands({})) {
    place.words.push_back({each->get_name(), each->get_description()});
  }
  for (const CLI::Option* const each : app.get_options()) {
    if (each->nonpositional()) {
      place.options.push_back(offered(*each, known));
    } else {
      for (const std::string& value : values_behind(each->get_type_name(), known)) {
        place.words.push_back({value, ""});
      }
    }
  }
  places.push_back(std::move(place));
  for (const CLI::App* const each : app.get_subcommands({})) {
    collect(*each, path + " " + each->get_name(), known, places);
  }
}

}  // namespace

std::vector<completion_place> completion_places(const CLI::App& program,
                                                const known_values& known) {
  std::vector<completion_place> places;
  collect(program, "", known, places);
  return places;
}

}  // namespace skein::cli
