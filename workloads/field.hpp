// What a declaration (cell.toml) says of a workload and of each field of its cell. The values
// themselves are written from the declarations when the build is configured:
// generated/workloads/<id>/cell.hpp. workloads/README.md says what the entries mean.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace skein::workloads {

enum class field_kind : std::uint8_t { count, size, duration, rate, word, seed };

/// A number, or the value of another field in the same cell.
struct bound {
  std::int64_t value;
  std::string_view field;  ///< empty: the number
};

/// In one mode, the default and the bounds of a field in per cent of its `most`.
struct share {
  std::string_view shape;
  std::int64_t percent;
  std::int64_t least_percent;
  std::int64_t most_percent;
};

/// One field. All views are of static storage.
struct field {
  std::string_view name;    ///< in JSON
  std::string_view option;  ///< "--payload-bytes"
  field_kind kind;
  std::string_view help;
  std::string_view alias = {};                    ///< another name of the option
  std::span<const std::string_view> shapes = {};  ///< where it applies; empty: everywhere
  std::span<const std::string_view> words = {};
  std::optional<bound> least = {};
  std::optional<bound> most = {};
  std::span<const std::int64_t> values = {};  ///< all it may be, rising; empty: by the bounds
  std::optional<std::int64_t> usual = {};     ///< the default, in the base unit
  std::string_view usual_word = {};           ///< the default of a word
  std::optional<std::int64_t> test = {};      ///< the default at size `test`; empty: the same
  std::string_view test_word = {};
  std::span<const share> shares = {};
  std::optional<std::int64_t> none = {};  ///< the value that a record has as null
  std::string_view instead_of = {};       ///< the field that has no use where this one is given
  std::string_view of = {};               ///< the property of a runtime that takes it
  std::string_view id = {};               ///< how it stands in the id, {} for the value
  bool id_default = true;                 ///< whether it stands there with its default as well
  bool automatic = false;                 ///< `auto`, or auto:N% for a rate, is a value
  bool auto_default = false;  ///< unsaid it is `auto` where it is taken, else the default, not null
  bool measuring = false;     ///< how it is measured, not what
  bool settable = true;
  bool announced = false;  ///< a foreign worker must say that it takes it
};

/// What is said of one mode or pattern, beside what is said of the workload; may be empty.
struct shape_texts {
  std::string_view word;
  std::string_view does;
  std::string_view measures = {};
  std::string_view leaves_out = {};
  std::string_view unfair = {};
};

/// Who sets the pace: a load generator, or the tasks themselves, which end when all is done.
enum class run_kind : std::uint8_t { served, tasks };

struct declaration {
  std::string_view id;
  std::string_view description;
  std::string_view measures;
  std::string_view leaves_out;
  std::string_view unfair;  ///< how a comparison on it might still be unfair
  std::string_view example;
  std::string_view page;  ///< of the documentation, where more is said
  run_kind run;
  std::string_view task;                ///< what one of its tasks is called
  std::string_view tasks;               ///< the field that counts its tasks
  std::string_view shape;               ///< the field that says what kind of work it is
  std::span<const shape_texts> shapes;  ///< in the order of its words
  std::span<const field> fields;
};

/// The word of a declared enumeration's value.
template <class Enum>
constexpr std::string_view word_of(Enum value) noexcept {
  return words_of(value)[static_cast<std::size_t>(value)];
}

}  // namespace skein::workloads
