// The cell's fields to JSON and back, and its id, all from the declarations.
#include "harness/cells/cell.hpp"

#include <cstddef>
#include <cstdint>
#include <stdexcept>

#include "harness/cells/measuring.hpp"
#include "harness/cells/units.hpp"
#include "harness/measure/fields.hpp"
#include "workloads/all.hpp"

namespace skein::cells {
namespace {

/// "rate=20000"; decimals only where there are some.
std::string plain_number(double value) {
  const auto whole = static_cast<std::int64_t>(value);
  return static_cast<double>(whole) == value ? std::to_string(whole)
                                             : measure::to_text(json(value));
}

bool is_default(const workloads::field& field, const json& value) {
  return field.kind == workloads::field_kind::word ? value == json(field.usual_word)
                                                   : field.usual && value == json(*field.usual);
}

/// The text with {} replaced by the value.
std::string filled_in(std::string_view form, const std::string& value) {
  const std::size_t place = form.find("{}");
  return std::string(form.substr(0, place)) + value + std::string(form.substr(place + 2));
}

/// The alternative of the variant that belongs to this workload, empty. Variants have them in the
/// order of the declarations.
template <class Variant, std::size_t Place = 0>
Variant empty_of(std::string_view workload) {
  if constexpr (Place < std::variant_size_v<Variant>) {
    if (workloads::declarations[Place]->id != workload) {
      return empty_of<Variant, Place + 1>(workload);
    }
    return Variant(std::in_place_index<Place>);
  } else {
    throw std::invalid_argument("workload cannot be '" + std::string(workload) + "'");
  }
}

/// Visits the fields of a part.
template <class Part, class Visit>
void visit_fields(Part& part, Visit&& visit) {
  Part::for_each_field(part, visit);
}

/// Counts, sizes and durations are signed, and none of them is ever below 0.
void refuse_negative(const json& object, const workloads::declaration& declared) {
  for (const workloads::field& field : declared.fields) {
    const auto found = object.find(std::string(field.name));
    if (found == object.end() || !found->is_number() || found->get<double>() >= 0) continue;
    throw std::invalid_argument(std::string(field.name) + " cannot be " + measure::to_text(*found));
  }
}

}  // namespace

std::string_view cell::workload() const noexcept {
  return std::visit([]<class Cell>(const Cell&) { return Cell::id; }, of);
}

std::int64_t cell::count() const noexcept {
  return std::visit([](const auto& own) { return own.count(); }, of);
}

json to_json(const cell& asked) {
  json object = {{"workload", asked.workload()},
                 {"runtime", asked.runtime},
                 {"style", measure::or_null(asked.style)}};
  const measure::field_writer write{object, measure::form::message};
  std::visit([&](const auto& own) { visit_fields(own, write); }, asked.of);
  visit_fields<const workloads::common_fields>(asked, write);
  return object;
}

cell cell_from_json(const json& object) {
  if (!object.is_object()) throw std::invalid_argument("the cell is not an object");
  const std::string whole;
  measure::field_reader read(object, whole);
  std::string workload;
  cell asked;
  read("workload", workload);
  read("runtime", asked.runtime);
  read("style", asked.style);
  asked.of = empty_of<workloads::any_cell>(workload);
  std::visit([&](auto& own) { visit_fields(own, read); }, asked.of);
  visit_fields<workloads::common_fields>(asked, read);
  refuse_negative(object, workloads::declaration_of(asked.of));
  return asked;
}

measuring measuring_from_json(const workloads::declaration& declared, const json& object) {
  const std::string whole;
  measure::field_reader read(object, whole);
  measuring how;
  how.of = empty_of<workloads::any_measuring>(declared.id);
  std::visit([&](auto& own) { visit_fields(own, read); }, how.of);
  visit_fields<workloads::common_measuring>(how, read);
  return how;
}

std::string value_text(const workloads::field& field, const json& value) {
  switch (field.kind) {
    case workloads::field_kind::size:
      return format_size(value.get<std::int64_t>());
    case workloads::field_kind::duration:
      return format_duration(value.get<std::int64_t>());
    case workloads::field_kind::rate:
      return plain_number(value.get<double>());
    case workloads::field_kind::word:
      return value.get<std::string>();
    case workloads::field_kind::count:
    case workloads::field_kind::seed:
      break;
  }
  return measure::to_text(value);
}

std::vector<std::string> value_texts(const workloads::field& field) {
  std::vector<std::string> texts;
  for (const std::int64_t each : field.values) texts.push_back(value_text(field, each));
  return texts;
}

std::string cell_id(const cell& asked) {
  const json object = to_json(asked);
  std::string id = std::string(asked.workload()) + "/" + asked.runtime;
  for (const workloads::field& field : workloads::declaration_of(asked.of).fields) {
    const auto found = object.find(std::string(field.name));
    if (field.id.empty() || found == object.end() || found->is_null()) continue;
    if (!field.id_default && is_default(field, *found)) continue;
    id += "/" + filled_in(field.id, value_text(field, *found));
  }
  return id;
}

bool is_open_loop(const cell& asked) {
  return is_in_mode(asked, c10k::mode::open) || is_in_mode(asked, c10k::mode::idle_heavy);
}

bool is_in_mode(const cell& asked, c10k::mode mode) {
  const auto* const served = asked.as<c10k::cell>();
  return served != nullptr && served->mode == mode;
}

bool has_stacks(const std::string& style) {
  return style == "direct";
}

std::vector<std::string> echo_differences(const json& asked, const json& echoed) {
  if (!echoed.is_object()) return {"the echo is not an object"};
  std::vector<std::string> differences;
  for (const auto& [name, value] : asked.items()) {
    const auto found = echoed.find(name);
    const json given = found == echoed.end() ? json(nullptr) : *found;
    if (given != value) {
      differences.push_back(name + ": asked " + measure::to_text(value) + ", echoed " +
                            measure::to_text(given));
    }
  }
  for (const auto& [name, value] : echoed.items()) {
    if (!asked.contains(name) && !value.is_null())
      differences.push_back(name + ": not asked, echoed " + measure::to_text(value));
  }
  return differences;
}

}  // namespace skein::cells
