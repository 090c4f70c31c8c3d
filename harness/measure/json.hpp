// The JSON type that every record is built from.
// Ordered, so that a record's fields are written in the order in which the format lists them.
// Leaves out reading and writing files.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>

namespace skein::measure {

using json = nlohmann::ordered_json;

/// A value, or null where it is unknown. A record never holds 0 or NaN for "unknown".
template <typename Value>
json or_null(const std::optional<Value>& value) {
  return value ? json(*value) : json(nullptr);
}

/// The number under `key`, or nothing where it is missing, null or not a number.
inline std::optional<std::int64_t> integer_at(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number_integer()) return std::nullopt;
  return found->get<std::int64_t>();
}

}  // namespace skein::measure
