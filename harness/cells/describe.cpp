// Bounds are worded as fill.cpp checks them.
#include "harness/cells/describe.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <optional>
#include <span>
#include <utility>

#include "harness/cells/cell.hpp"
#include "harness/cells/units.hpp"

namespace skein::cells {
namespace {

using workloads::declaration;
using workloads::field;
using workloads::field_kind;

/// How a kind is called: in JSON, in a sentence, and as a placeholder.
struct kind_words {
  std::string_view name;
  std::string_view phrase;
  std::string_view placeholder;
};

const kind_words& words_for(field_kind kind) {
  static constexpr std::array<kind_words, 6> all{{{"count", "a count", "N"},
                                                  {"size", "a size", "SIZE"},
                                                  {"duration", "a duration", "TIME"},
                                                  {"rate", "a rate per second", "RATE"},
                                                  {"word", "a word", "WORD"},
                                                  {"seed", "a number of 64 bits", "N"}}};
  return all[static_cast<std::size_t>(kind)];
}

const workloads::share* share_in(const field& which, std::string_view shape) {
  const auto found = std::find_if(which.shares.begin(), which.shares.end(),
                                  [&](const auto& each) { return each.shape == shape; });
  return found == which.shares.end() ? nullptr : &*found;
}

/// A number with its unit, or the option whose value is the bound.
std::string bound_text(const declaration& declared, const field& which,
                       const workloads::bound& limit) {
  return limit.field.empty() ? value_text(which, limit.value)
                             : std::string(field_named(declared, limit.field).option);
}

/// "100 % in open, 5 % in idle_heavy, else 100"; empty where there is no default.
std::string default_text(const field& which) {
  if (which.auto_default) return "auto";
  if (which.kind == field_kind::word) return std::string(which.usual_word);
  if (!which.usual) return {};
  std::string text;
  for (const workloads::share& each : which.shares) {
    text += fmt::format("{} % in {}, ", each.percent, each.shape);
  }
  return text + (text.empty() ? "" : "else ") + value_text(which, *which.usual);
}

std::string default_in(const declaration& declared, const field& which, std::string_view shape) {
  if (shape.empty()) return default_text(which);
  if (const workloads::share* const share = share_in(which, shape)) {
    return fmt::format("{} % of {}", share->percent, bound_text(declared, which, *which.most));
  }
  if (which.auto_default) return "auto";
  if (which.kind == field_kind::word) return std::string(which.usual_word);
  return which.usual ? value_text(which, *which.usual) : std::string();
}

/// "a count from 1 to --connections"
std::string bounds_text(const declaration& declared, const field& which, std::string_view shape) {
  if (which.kind == field_kind::word) return fmt::format("{}", fmt::join(which.words, ", "));
  if (!which.values.empty()) return fmt::format("{}", fmt::join(value_texts(which), ", "));
  std::string text(words_for(which.kind).phrase);
  if (which.kind == field_kind::seed) return text;
  const std::string most = which.most ? bound_text(declared, which, *which.most)
                           : which.kind == field_kind::duration ? format_duration(most_duration_ns)
                                                                : std::string();
  const workloads::share* const share = share_in(which, shape);
  if (share != nullptr && share->least_percent > 0) {
    return fmt::format("{} from {} to {} % of {}", text, share->least_percent, share->most_percent,
                       most);
  }
  text += which.least                      ? " from " + bound_text(declared, which, *which.least)
          : which.kind == field_kind::rate ? std::string(" above 0")
                                           : " from " + value_text(which, 1);
  if (!most.empty()) text += " to " + most;
  return text;
}

json bound_json(const std::optional<workloads::bound>& which) {
  if (!which) return nullptr;
  return which->field.empty() ? json(which->value) : json(which->field);
}

json to_json(const field& which) {
  json usual = which.usual_word.empty() ? json(nullptr) : json(which.usual_word);
  if (which.usual) usual = *which.usual;
  return {{"name", which.name},
          {"option", which.option},
          {"kind", words_for(which.kind).name},
          {"in", which.shapes},
          {"words", which.words},
          {"least", bound_json(which.least)},
          {"most", bound_json(which.most)},
          {"values", which.values},
          {"default", std::move(usual)},
          {"test", which.test ? json(*which.test) : json(nullptr)},
          {"measuring", which.measuring},
          {"help", which.help}};
}

json to_json(const workloads::shape_texts& said) {
  return {{"name", said.word},
          {"does", said.does},
          {"measures", said.measures},
          {"leaves_out", said.leaves_out},
          {"unfair", said.unfair}};
}

}  // namespace

const field& field_named(const declaration& declared, std::string_view name) {
  const auto found = std::find_if(declared.fields.begin(), declared.fields.end(),
                                  [&](const field& each) { return each.name == name; });
  assert(found != declared.fields.end());
  return *found;
}

bool is_option(const field& which) noexcept {
  return which.settable || which.kind == field_kind::seed;
}

bool applies_to(const field& which, std::string_view shape) {
  const auto& in = which.shapes;
  return shape.empty() || in.empty() || std::find(in.begin(), in.end(), shape) != in.end();
}

std::string placeholder_of(const field& which) {
  if (which.kind == field_kind::word) return fmt::format("{}", fmt::join(which.words, "|"));
  return std::string(words_for(which.kind).placeholder);
}

std::string help_of(const declaration& declared, const field& which) {
  std::string text(which.help);
  if (which.name == declared.shape) {
    for (const workloads::shape_texts& each : declared.shapes) {
      text += fmt::format("{}{}: {}", &each == declared.shapes.data() ? ": " : "; ", each.word,
                          each.does);
    }
  }
  if (!which.shapes.empty()) {
    text += fmt::format(" ({} {})", declared.shape, fmt::join(which.shapes, ", "));
  }
  const std::string usual = default_text(which);
  return usual.empty() ? text : fmt::format("{} [{}]", text, usual);
}

std::string values_of(const declaration& declared, const field& which, std::string_view shape) {
  const std::string text = bounds_text(declared, which, shape);
  const std::string usual = default_in(declared, which, shape);
  return usual.empty() ? text : fmt::format("{} [{}]", text, usual);
}

json to_json(const declaration& declared) {
  json fields = json::array();
  for (const field& each : declared.fields) fields.push_back(to_json(each));
  json shapes = json::array();
  for (const workloads::shape_texts& each : declared.shapes) shapes.push_back(to_json(each));
  return {{"id", declared.id},
          {"description", declared.description},
          {std::string(declared.shape) + "s", field_named(declared, declared.shape).words},
          {"shapes", std::move(shapes)},
          {"fields", std::move(fields)},
          {"measures", declared.measures},
          {"leaves_out", declared.leaves_out},
          {"unfair", declared.unfair},
          {"page", declared.page}};
}

}  // namespace skein::cells
