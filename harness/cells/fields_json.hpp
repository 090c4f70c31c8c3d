// The fields of a declared structure to JSON and back, through its for_each_field.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "harness/measure/json.hpp"
#include "workloads/field.hpp"

namespace skein::cells {

using measure::json;

struct field_writer {
  json& object;

  template <typename Value>
  void operator()(const char* name, const Value& value) const {
    if constexpr (std::is_enum_v<Value>) {
      object[name] = workloads::word_of(value);
    } else {
      object[name] = value;
    }
  }
  template <typename Value>
  void operator()(const char* name, const std::optional<Value>& value) const {
    object[name] = nullptr;
    if (value) (*this)(name, *value);
  }
};

/// Throws std::invalid_argument, which names the field that is missing or cannot be what it is.
struct field_reader {
  const json& object;

  template <typename Value>
  void operator()(const char* name, Value& value) const {
    const auto found = object.find(name);
    if (found == object.end() || found->is_null()) {
      throw std::invalid_argument(std::string(name) + " is missing");
    }
    take(name, *found, value);
  }
  template <typename Value>
  void operator()(const char* name, std::optional<Value>& value) const {
    const auto found = object.find(name);
    value.reset();
    if (found != object.end() && !found->is_null()) take(name, *found, value.emplace());
  }

 private:
  [[noreturn]] static void refuse(const char* name, const json& from) {
    throw std::invalid_argument(std::string(name) + " cannot be " + measure::to_text(from));
  }

  template <typename Value>
  static void take(const char* name, const json& from, Value& value) {
    if constexpr (std::is_enum_v<Value>) {
      take_word(name, from, value);
    } else {
      try {
        from.get_to(value);
      } catch (const json::exception&) {
        refuse(name, from);
      }
      if constexpr (std::is_signed_v<Value>) {
        if (value < 0) refuse(name, from);
      }
    }
  }

  template <typename Enum>
  static void take_word(const char* name, const json& from, Enum& value) {
    constexpr auto& words = workloads::words_of<Enum>;
    const auto* const text = from.get_ptr<const json::string_t*>();
    if (text == nullptr) refuse(name, from);
    const auto found = std::find(words.begin(), words.end(), *text);
    if (found == words.end()) refuse(name, from);
    value = static_cast<Enum>(found - words.begin());
  }
};

}  // namespace skein::cells
