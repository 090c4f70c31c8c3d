// Rows of a label and values. Units are formatted only here; which figures there are, and in which
// words, is declared in results/metrics.toml.
#include "harness/conductor/record/summary_table.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fmt/color.h>
#include <fmt/format.h>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "generated/results/metrics.hpp"
#include "workloads/all.hpp"

namespace skein::conductor {
namespace {

using measure::json;

constexpr std::string_view unknown = "-";

const json& child(const json& object, std::string_view key) {
  static const json nothing;
  if (!object.is_object()) return nothing;
  const auto found = object.find(key);
  return found == object.end() ? nothing : *found;
}

std::optional<double> number(const json& record, std::string_view place) {
  const json::json_pointer pointer{std::string(place)};
  if (place.empty() || !record.contains(pointer)) return std::nullopt;
  const json& found = record.at(pointer);
  return found.is_number() ? std::optional(found.get<double>()) : std::nullopt;
}

std::optional<double> number(const json& record, const figure& wanted) {
  const auto whole = number(record, wanted.place);
  if (wanted.minus.empty()) return whole;
  const auto off = number(record, wanted.minus);
  return whole && off ? std::optional(*whole - *off) : std::nullopt;
}

std::string time_text(double ns) {
  if (std::abs(ns) < 1e3) return fmt::format("{:.0f} ns", ns);
  if (std::abs(ns) < 1e6) return fmt::format("{:.1f} us", ns / 1e3);
  if (std::abs(ns) < 1e9) return fmt::format("{:.2f} ms", ns / 1e6);
  return fmt::format("{:.2f} s", ns / 1e9);
}

std::string given_back_text(double fraction) {
  const double percent = std::round(100 * fraction);
  if (percent > 0) {
    return fmt::format("{:.0f} % of what user memory grew by, once all tasks ended", percent);
  }
  return percent == 0 ? "nothing, once all tasks ended"
                      : fmt::format("nothing, user memory grew by {:.0f} % more", -percent);
}

std::string text_of(double value, figure_format format) {
  switch (format) {
    case figure_format::time:
      return time_text(value);
    case figure_format::bytes:
      return fmt::format("{:.0f} B", value);
    case figure_format::none_or_count:
      if (value == 0) return "none";
      [[fallthrough]];
    case figure_format::rate:
    case figure_format::count:
      return fmt::format("{:.0f}", value);
    case figure_format::decimal:
      return fmt::format("{:.2f}", value);
    case figure_format::share:
      return fmt::format("{:.2f} %", 100 * value);
    case figure_format::given_back:
      return given_back_text(value);
  }
  std::abort();  // no other format
}

class table {
 public:
  void row(std::string_view label, const std::string& text) {
    fmt::format_to(std::back_inserter(text_), "  {:<17} {}\n", label, text);
  }
  void line(const std::string& text) { text_ += text + "\n"; }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

fmt::text_style colour_of(std::string_view status) {
  if (status == "ok") return fmt::fg(fmt::terminal_color::green);
  if (status == "limit" || status == "invalid") return fmt::fg(fmt::terminal_color::yellow);
  return fmt::fg(fmt::terminal_color::red);
}

void add_head(const json& record, bool colour, table& rows) {
  const auto status = record.at("status").get<std::string>();
  const std::string shown = colour ? fmt::format(colour_of(status), "{}", status) : status;
  rows.line(fmt::format("{}: {}", record.at("cell_id").get<std::string>(), shown));
  for (const json& reason : record.at("reasons")) rows.row("reason", reason.get<std::string>());
}

void add_failure(const json& record, table& rows) {
  for (const json& line : child(child(record, "failure"), "stderr")) {
    rows.row("stderr", line.get<std::string>());
  }
}

void add_work(const json& record, table& rows) {
  const json& work = record.at("work");
  if (!work.is_object()) return;
  const bool right = work.at("checksum") == work.at("expected_checksum");
  rows.row("work",
           fmt::format("{} units, {} bytes, checksum {}", measure::to_text(work.at("units")),
                       measure::to_text(child(work, "bytes")), right ? "right" : "WRONG"));
}

/// Of a load over a network.
void add_network(const json& record, table& rows) {
  const json& name = child(child(record, "network"), "name");
  if (!name.is_string()) return;
  const auto trip_ns = number(record, "/network/generators/0/round_trip_ns/p50");
  const std::string trip = trip_ns ? ", a round trip takes " + time_text(*trip_ns) : "";
  rows.row("network", name.get<std::string>() + trip);
}

bool is_there(const json& record, const summary_line& line) {
  if (!line.where.empty()) return number(record, line.where).has_value();
  return std::ranges::any_of(line.pieces, [&](const summary_piece& piece) {
    return piece.where.empty() && number(record, piece.shown);
  });
}

/// A label with what the record's workload calls a task.
std::string label_of(const json& record, std::string_view label) {
  constexpr std::string_view mark = "{task}";
  std::string text(label);
  const std::size_t at = text.find(mark);
  if (at == std::string::npos) return text;
  const auto cell_id = record.at("cell_id").get<std::string>();
  const workloads::declaration* const declared =
      workloads::declaration_named(cell_id.substr(0, cell_id.find('/')));
  return text.replace(at, mark.size(), declared != nullptr ? declared->task : "task");
}

void add_line(const json& record, const summary_line& line, table& rows) {
  if (!is_there(record, line)) return;
  std::string text;
  for (const summary_piece& piece : line.pieces) {
    if (!piece.where.empty() && !number(record, piece.where)) continue;
    text += piece.text;
    if (piece.shown.place.empty()) continue;
    const auto value = number(record, piece.shown);
    text += value ? text_of(*value, piece.shown.format) : std::string(unknown);
  }
  rows.row(label_of(record, line.label), text);
}

}  // namespace

std::string summary_table(const json& record, bool colour) {
  table rows;
  add_head(record, colour, rows);
  add_failure(record, rows);
  add_network(record, rows);
  add_work(record, rows);
  for (const summary_line& line : declared::summary) add_line(record, line, rows);
  return rows.take();
}

}  // namespace skein::conductor
