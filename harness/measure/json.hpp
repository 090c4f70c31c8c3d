// The JSON type that every record is built from. It is ordered, so that a record's fields are
// written in the order of the format. Leaves out reading and writing files.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace skein::measure {

using json = nlohmann::ordered_json;

/// As text, on one line unless `indent` is given. Bytes that are not UTF-8 are replaced: strings
/// come from programs, files and command lines, and no such byte may cost a record or a message. No
/// other code turns JSON into text (tests/harness/test_tidy.py).
inline std::string to_text(const json& value, int indent = -1) {
  return value.dump(indent, ' ', false, json::error_handler_t::replace);
}

/// A value, or null where it is unknown. A record never holds 0 or NaN for "unknown".
template <typename Value>
json or_null(const std::optional<Value>& value) {
  return value ? json(*value) : json(nullptr);
}

/// The integer under `key`; empty where it is missing, null or no integer.
inline std::optional<std::int64_t> integer_at(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number_integer()) return std::nullopt;
  return found->get<std::int64_t>();
}

}  // namespace skein::measure
