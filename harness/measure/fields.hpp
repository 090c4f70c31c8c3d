// Structures to JSON and back by their fields. A structure names its fields once, in
//
//   template <typename Self, typename Visit>  // Self: the structure, const or not
//   static void for_each_field(Self& of, Visit&& visit) {
//     visit("sent", of.sent);
//     visit("late_ns_p99", of.late_ns_p99, recorded::unless_counted);
//   }
//
// Everything that writes or reads it goes through that function, so no field can be forgotten on
// the way from a message to a record. A field is a number, a truth value, a text, an enum with
// words, another structure, an optional (empty: null) or a vector of these.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "harness/measure/json.hpp"

namespace skein::measure {

/// When a record has a field: in a counted run times are null, because counting slows the run down.
enum class recorded { always, unless_counted, never };

/// Which fields a JSON object has: all of them, or those that a record has.
enum class form { message, record, counted_record };

namespace detail {
struct any_visit {
  void operator()(const char* name, auto& value, recorded when = recorded::always) const;
};
}  // namespace detail

template <typename Struct>
concept structured =
    requires(Struct& of) { Struct::for_each_field(of, std::declval<detail::any_visit>()); };

/// An enum whose header has words_of(Enum): a word for each value, in their order.
template <typename Enum>
concept worded = std::is_enum_v<Enum> && requires { words_of(Enum{}); };

template <worded Enum>
constexpr std::string_view word_of(Enum value) {
  return words_of(value)[static_cast<std::size_t>(value)];
}

/// Empty for a word that none of the values has.
template <worded Enum>
constexpr std::optional<Enum> from_word(std::string_view word) {
  const auto words = words_of(Enum{});
  const auto found = std::find(words.begin(), words.end(), word);
  if (found == words.end()) return std::nullopt;
  return static_cast<Enum>(found - words.begin());
}

namespace detail {
template <typename Value>
json value_to_json(const Value& value, form as);
}  // namespace detail

/// Writes each field that it visits into the object.
struct field_writer {
  json& object;
  form as;

  void operator()(const char* name, const auto& value, recorded when = recorded::always) const {
    if (as != form::message && when == recorded::never) return;
    const bool untold = as == form::counted_record && when == recorded::unless_counted;
    object[name] = untold ? json(nullptr) : detail::value_to_json(value, as);
  }
};

namespace detail {

template <typename Value>
struct is_optional : std::false_type {};
template <typename Value>
struct is_optional<std::optional<Value>> : std::true_type {};
template <typename Value>
struct is_vector : std::false_type {};
template <typename Value>
struct is_vector<std::vector<Value>> : std::true_type {};

template <typename Value>
json value_to_json(const Value& value, form as) {
  if constexpr (structured<Value>) {
    json object = json::object();
    Value::for_each_field(value, field_writer{object, as});
    return object;
  } else if constexpr (is_optional<Value>::value) {
    return value ? value_to_json(*value, as) : json(nullptr);
  } else if constexpr (is_vector<Value>::value) {
    json list = json::array();
    for (const auto& each : value) list.push_back(value_to_json(each, as));
    return list;
  } else if constexpr (worded<Value>) {
    return word_of(value);
  } else {
    return value;
  }
}

template <typename Value>
bool take_number(const json& from, Value& value) {
  if constexpr (std::is_same_v<Value, bool>) {
    return from.is_boolean() && (from.get_to(value), true);
  } else if constexpr (std::floating_point<Value>) {
    return from.is_number() && (from.get_to(value), true);
  } else {  // neither a fraction nor a number out of range is accepted
    const auto keep = [&](auto number) {
      return std::in_range<Value>(number) && (value = static_cast<Value>(number), true);
    };
    if (from.is_number_unsigned()) return keep(from.get<std::uint64_t>());
    return from.is_number_integer() && keep(from.get<std::int64_t>());
  }
}

template <typename Value>
void value_from_json(const json& from, const std::string& name, Value& value);

}  // namespace detail

/// Reads each field that it visits from the object. `name` is what the object is called in a
/// message, empty for the message itself; both outlive the reader. Throws std::invalid_argument as
/// from_json does.
class field_reader {
 public:
  field_reader(const json& object, const std::string& name) : object_(object), name_(name) {
    if (!object.is_object()) throw std::invalid_argument(name + " is not an object");
  }

  void operator()(const char* name, auto& value, recorded /*when*/ = recorded::always) {
    const auto found = object_.find(name);
    if (found == object_.end()) throw std::invalid_argument(path(name) + " is missing");
    known_.emplace_back(name);
    detail::value_from_json(*found, path(name), value);
  }

  /// Throws for a field of the object that was not visited.
  void refuse_unknown() const {
    for (const auto& [name, value] : object_.items()) {
      if (std::find(known_.begin(), known_.end(), name) == known_.end()) {
        throw std::invalid_argument(path(name) + " is not known");
      }
    }
  }

 private:
  [[nodiscard]] std::string path(const std::string& name) const {
    return name_.empty() ? name : name_ + "." + name;
  }

  const json& object_;
  const std::string& name_;
  std::vector<std::string_view> known_;
};

namespace detail {

template <typename Value>
void value_from_json(const json& from, const std::string& name, Value& value) {
  constexpr std::size_t shown_bytes = 60;
  bool taken = true;
  if constexpr (structured<Value>) {
    field_reader reader(from, name);
    Value::for_each_field(value, reader);
    reader.refuse_unknown();
  } else if constexpr (is_optional<Value>::value) {
    value.reset();
    if (!from.is_null()) value_from_json(from, name, value.emplace());
  } else if constexpr (is_vector<Value>::value) {
    taken = from.is_array();
    for (std::size_t i = 0; taken && i < from.size(); ++i) {
      value_from_json(from[i], name + "[" + std::to_string(i) + "]", value.emplace_back());
    }
  } else if constexpr (worded<Value>) {
    const auto found = from.is_string()
                           ? from_word<Value>(from.template get_ref<const std::string&>())
                           : std::optional<Value>();
    taken = found.has_value();
    if (found) value = *found;
  } else if constexpr (std::is_same_v<Value, std::string>) {
    taken = from.is_string();
    if (taken) from.get_to(value);
  } else {
    taken = take_number(from, value);
  }
  if (!taken) {
    throw std::invalid_argument(name + " cannot be " + to_text(from).substr(0, shown_bytes));
  }
}

}  // namespace detail

/// Every field in order; of a record, those that it has.
template <structured Struct>
json to_json(const Struct& of, form as = form::message) {
  return detail::value_to_json(of, as);
}

/// Null where there is none.
template <structured Struct>
json to_json(const std::optional<Struct>& of, form as = form::message) {
  return detail::value_to_json(of, as);
}

/// The way back from a message. `name` is what the object is called in one, empty for the message
/// itself. Throws std::invalid_argument naming the field that is missing, not known or of another
/// type.
template <structured Struct>
Struct from_json(const json& object, const std::string& name) {
  Struct read;
  detail::value_from_json(object, name, read);
  return read;
}

}  // namespace skein::measure
