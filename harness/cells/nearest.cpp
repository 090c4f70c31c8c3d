// Edit distance by the textbook table, and the one message for every unknown name.
#include "harness/cells/nearest.hpp"

#include <algorithm>
#include <vector>

#include "harness/cells/usage_error.hpp"

namespace skein::cells {

std::size_t edit_distance(std::string_view from, std::string_view to) {
  const std::size_t width = to.size() + 1;
  std::vector<std::size_t> table((from.size() + 1) * width);
  const auto at = [&](std::size_t row, std::size_t column) -> std::size_t& {
    return table[row * width + column];
  };
  for (std::size_t row = 0; row <= from.size(); ++row) at(row, 0) = row;
  for (std::size_t column = 0; column <= to.size(); ++column) at(0, column) = column;
  for (std::size_t row = 1; row <= from.size(); ++row) {
    for (std::size_t column = 1; column <= to.size(); ++column) {
      const bool same = from[row - 1] == to[column - 1];
      at(row, column) = std::min({at(row - 1, column) + 1, at(row, column - 1) + 1,
                                  at(row - 1, column - 1) + (same ? 0 : 1)});
      if (row > 1 && column > 1 && from[row - 1] == to[column - 2] &&
          from[row - 2] == to[column - 1]) {
        at(row, column) = std::min(at(row, column), at(row - 2, column - 2) + 1);
      }
    }
  }
  return table.back();
}

std::optional<std::string> nearest_match(std::string_view given,
                                         std::span<const std::string> names) {
  const std::string* best = nullptr;
  std::size_t best_distance = 0;
  for (const std::string& name : names) {
    const std::size_t distance = edit_distance(given, name);
    if (best == nullptr || distance < best_distance) {
      best = &name;
      best_distance = distance;
    }
  }
  if (best == nullptr || best_distance * 2 > std::max(best->size(), given.size())) return {};
  return *best;
}

std::string unknown_name(std::string_view kind, std::string_view given,
                         std::span<const std::string> names) {
  std::string message = "unknown " + std::string(kind) + " '" + std::string(given) + "'; valid:";
  for (const std::string& name : names) {
    message += (&name == names.data() ? " " : ", ") + name;
  }
  if (const auto nearest = nearest_match(given, names)) message += "; nearest: " + *nearest;
  return message;
}

void require_known(std::string_view kind, std::string_view given,
                   std::span<const std::string> names) {
  if (std::find(names.begin(), names.end(), given) == names.end()) {
    throw usage_error(unknown_name(kind, given, names));
  }
}

}  // namespace skein::cells
