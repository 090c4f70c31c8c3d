// A cell's id is read part by part in the order of the fields, which is how it was written
// (cell.cpp). Only a part that a field's form and kind fit is taken for its value, so parts that
// were left out do no harm.
#include "harness/cells/find_named.hpp"

#include <algorithm>
#include <cstddef>
#include <fmt/format.h>
#include <optional>
#include <utility>

#include "harness/cells/nearest.hpp"
#include "harness/cells/units.hpp"
#include "harness/cells/usage_error.hpp"
#include "workloads/all.hpp"

namespace skein::cells {
namespace {

using workloads::declaration;
using workloads::field;
using names = std::span<const std::string>;

std::vector<std::string> parts_of(std::string_view text) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('/', begin), text.size());
    parts.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

bool is_among(std::string_view name, names known) {
  return std::find(known.begin(), known.end(), name) != known.end();
}

bool is_shape_of(const declaration& declared, std::string_view word) {
  return std::any_of(declared.shapes.begin(), declared.shapes.end(),
                     [&](const auto& each) { return each.word == word; });
}

/// By habit a group of a matrix is named after its workload and mode, and what else sets it apart:
/// "c10k-idle-heavy", "c10k-open-30%". Of two modes that fit, the longer one is meant.
void read_group(std::string_view group, named_work& found) {
  const std::size_t end = group.find('-');
  if (end == std::string_view::npos) return;
  found.workload = workloads::declaration_named(group.substr(0, end));
  if (found.workload == nullptr) return;
  std::string rest = std::string(group.substr(end + 1)) + '_';
  std::replace(rest.begin(), rest.end(), '-', '_');
  for (const workloads::shape_texts& each : found.workload->shapes) {
    const bool fits = rest.starts_with(std::string(each.word) + '_');
    if (fits && each.word.size() > found.shape.size()) found.shape = each.word;
  }
}

/// The field's value in a part of an id; empty where the part is another field's.
std::optional<std::string> value_in(const field& which, std::string_view part) {
  const std::size_t place = which.id.find("{}");
  const std::string_view before = which.id.substr(0, place);
  const std::string_view behind = which.id.substr(place + 2);
  if (part.size() < before.size() + behind.size()) return {};
  if (!part.starts_with(before) || !part.ends_with(behind)) return {};
  part = part.substr(before.size(), part.size() - before.size() - behind.size());
  std::string value(part);
  if (which.automatic && is_auto(value)) return value;
  try {
    parse_value(which, value);
  } catch (const usage_error&) {
    return {};
  }
  return value;
}

/// The parts of a cell's id that follow its runtime.
void read_values(names parts, named_work& found) {
  auto part = parts.begin();
  for (const field& each : found.workload->fields) {
    if (part == parts.end()) break;
    if (each.id.empty()) continue;
    if (auto value = value_in(each, *part)) {
      found.values[std::string(each.name)] = std::move(*value);
      ++part;
    }
  }
  if (part != parts.end()) {
    throw usage_error(fmt::format("'{}' is no part of the id of a cell of {}, or not there", *part,
                                  found.workload->id));
  }
  const auto shape = found.values.find(found.workload->shape);
  if (shape != found.values.end()) found.shape = shape->second;
}

/// Behind the workload stands a mode or pattern, a runtime, or both; behind a runtime alone, the
/// rest of an id.
void read_rest(names parts, names runtimes, named_work& found) {
  const declaration& declared = *found.workload;
  if (!parts.empty() && found.shape.empty() && is_shape_of(declared, parts.front())) {
    found.shape = parts.front();
    parts = parts.subspan(1);
  }
  if (parts.empty()) return;
  if (!is_among(parts.front(), runtimes)) {
    std::vector<std::string> valid(runtimes.begin(), runtimes.end());
    if (found.shape.empty()) {
      for (const auto& each : declared.shapes) valid.emplace_back(each.word);
    }
    throw usage_error(unknown_name(
        fmt::format("runtime{} of {}",
                    found.shape.empty() ? fmt::format(" or {}", declared.shape) : "", declared.id),
        parts.front(), valid));
  }
  found.runtime = parts.front();
  read_values(parts.subspan(1), found);
}

}  // namespace

std::vector<std::string> all_names(names runtimes) {
  std::vector<std::string> all;
  for (const declaration* const each : workloads::declarations) {
    all.emplace_back(each->id);
    for (const auto& shape : each->shapes)
      all.push_back(fmt::format("{}/{}", each->id, shape.word));
  }
  all.insert(all.end(), runtimes.begin(), runtimes.end());
  return all;
}

named_work find_named(std::string_view name, names runtimes) {
  const std::vector<std::string> parts = parts_of(name);
  named_work found;
  found.workload = workloads::declaration_named(parts.front());
  if (found.workload == nullptr) read_group(parts.front(), found);
  if (found.workload != nullptr) {
    read_rest(names(parts).subspan(1), runtimes, found);
    return found;
  }
  if (parts.size() > 1 || !is_among(name, runtimes)) {
    throw usage_error(unknown_name("name", name, all_names(runtimes)));
  }
  found.runtime = name;
  return found;
}

}  // namespace skein::cells
