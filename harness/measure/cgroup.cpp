// Reads /proc/PID/cgroup, whose lines are "hierarchy:controllers:path".
#include "harness/measure/cgroup.hpp"

#include <string_view>

namespace skein::measure {
namespace {

struct membership {
  std::string_view controllers;
  std::string_view path;
};

std::optional<membership> parse_membership(std::string_view line) {
  const auto first = line.find(':');
  if (first == std::string_view::npos) return std::nullopt;
  const auto second = line.find(':', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  return membership{line.substr(first + 1, second - first - 1), line.substr(second + 1)};
}

bool lists(std::string_view controllers, std::string_view wanted) {
  while (!controllers.empty()) {
    const auto comma = controllers.find(',');
    if (controllers.substr(0, comma) == wanted) return true;
    controllers = comma == std::string_view::npos ? "" : controllers.substr(comma + 1);
  }
  return false;
}

cgroup_place place_at(int version, const std::string& mount, std::string_view path) {
  cgroup_place place{version, {}};
  for (; path.size() > 1; path = path.substr(0, path.rfind('/'))) {
    place.directories.push_back(mount + std::string(path));
  }
  place.directories.push_back(mount);
  return place;
}

}  // namespace

std::optional<std::string> cgroup_place::text_of(const std::string& file) const {
  for (const auto& directory : directories) {
    if (auto text = read_text(directory + '/' + file)) return text;
  }
  return std::nullopt;
}

std::optional<std::string> cgroup_place::line_of(const std::string& file) const {
  const auto text = text_of(file);
  if (!text) return std::nullopt;
  const auto lines = split_lines(*text);
  return lines.empty() ? std::nullopt : std::optional(std::string(lines.front()));
}

std::optional<std::int64_t> cgroup_place::integer_of(const std::string& file) const {
  const auto line = line_of(file);
  return line ? parse_integer(*line) : std::nullopt;
}

std::optional<std::int64_t> cgroup_place::least_of(const std::string& file) const {
  std::optional<std::int64_t> least;
  for (const auto& directory : directories) {
    const auto value = read_integer(directory + '/' + file);
    if (value && (!least || *value < *least)) least = value;
  }
  return least;
}

std::optional<cgroup_place> find_cgroup(pid_t pid, const std::string& controller,
                                        const system_paths& paths) {
  const auto text = read_text(paths.proc + '/' + std::to_string(pid) + "/cgroup");
  if (!text) return std::nullopt;
  const std::string mount = paths.sys + "/fs/cgroup";
  std::optional<cgroup_place> unified;
  for (const auto line : split_lines(*text)) {
    const auto member = parse_membership(line);
    if (!member) continue;
    if (lists(member->controllers, controller)) {
      return place_at(1, mount + '/' + controller, member->path);
    }
    if (member->controllers.empty()) unified = place_at(2, mount, member->path);
  }
  return unified;
}

}  // namespace skein::measure
