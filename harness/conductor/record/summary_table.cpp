// Rows of a label and values. Units are formatted only here.
#include "harness/conductor/record/summary_table.hpp"

#include <cmath>
#include <fmt/color.h>
#include <fmt/format.h>
#include <iterator>
#include <optional>
#include <string_view>

namespace skein::conductor {
namespace {

using measure::json;

constexpr std::string_view unknown = "-";

std::optional<double> number(const json& object, std::string_view key) {
  if (!object.is_object()) return std::nullopt;
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number()) return std::nullopt;
  return found->get<double>();
}

const json& child(const json& object, std::string_view key) {
  static const json nothing;
  if (!object.is_object()) return nothing;
  const auto found = object.find(key);
  return found == object.end() ? nothing : *found;
}

std::string time_text(std::optional<double> ns) {
  if (!ns) return std::string(unknown);
  if (std::abs(*ns) < 1e3) return fmt::format("{:.0f} ns", *ns);
  if (std::abs(*ns) < 1e6) return fmt::format("{:.1f} us", *ns / 1e3);
  if (std::abs(*ns) < 1e9) return fmt::format("{:.2f} ms", *ns / 1e6);
  return fmt::format("{:.2f} s", *ns / 1e9);
}

std::string bytes_text(std::optional<double> bytes) {
  return bytes ? fmt::format("{:.0f} B", *bytes) : std::string(unknown);
}

std::string share_text(std::optional<double> share) {
  return share ? fmt::format("{:.2f} %", 100 * *share) : std::string(unknown);
}

class table {
 public:
  void row(std::string_view label, const std::string& text) {
    fmt::format_to(std::back_inserter(text_), "  {:<18}{}\n", label, text);
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
  if (const auto rate = number(child(record, "load"), "achieved_per_s")) {
    const auto offered = number(child(record, "load"), "offered_per_s");
    rows.row("throughput", offered ? fmt::format("{:.0f} per s of {:.0f} offered", *rate, *offered)
                                   : fmt::format("{:.0f} per s", *rate));
  }
}

void add_generator(const json& record, table& rows) {
  const json& load = child(record, "load");
  const auto per_op = number(load, "generator_cpu_per_op_ns");
  if (!per_op) return;
  std::string text = time_text(per_op) + " of CPU per operation";
  if (number(load, "offered_per_s")) {
    text +=
        fmt::format("; late p99 {}, {} by more than 50 us", time_text(number(load, "late_ns_p99")),
                    share_text(number(load, "late_50us_fraction")));
  }
  rows.row("load generator", text);
}

void add_distribution(const json& record, const char* key, std::string_view label, table& rows) {
  const json& times = child(record, key);
  if (!times.is_object()) return;
  rows.row(label,
           fmt::format("p50 {}  p90 {}  p99 {}  p99.9 {}  max {}", time_text(number(times, "p50")),
                       time_text(number(times, "p90")), time_text(number(times, "p99")),
                       time_text(number(times, "p999")), time_text(number(times, "max"))));
}

void add_early_fires(const json& record, table& rows) {
  const json& lateness = child(record, "lateness");
  const auto early = number(lateness, "early_count");
  if (!early) return;
  rows.row("early fires", *early == 0 ? "none"
                                      : fmt::format("{:.0f}, by up to {}", *early,
                                                    time_text(number(lateness, "early_max_ns"))));
}

std::string count_text(std::optional<double> count) {
  return count ? fmt::format("{:.2f}", *count) : std::string(unknown);
}

/// Only a counted run has these.
void add_counts(const json& cpu, table& rows) {
  if (!cpu.is_object() || !cpu.contains("syscalls_per_op")) return;
  rows.row("per operation", fmt::format("{} system calls, {} allocations",
                                        count_text(number(cpu, "syscalls_per_op")),
                                        count_text(number(cpu, "allocations_per_op"))));
}

void add_cpu(const json& record, table& rows) {
  const json& cpu = child(record, "cpu");
  add_counts(cpu, rows);
  const auto all = number(cpu, "per_op_ns");
  if (!all) return;
  const auto user = number(cpu, "user_per_op_ns");
  const auto system = user ? std::optional(*all - *user) : std::nullopt;
  rows.row("CPU per operation", fmt::format("{}: user {}, system {}", time_text(all),
                                            time_text(user), time_text(system)));
}

std::string returned_text(double fraction) {
  const double percent = std::round(100 * fraction);
  if (percent > 0) {
    return fmt::format("{:.0f} % of what user memory grew by, once all tasks ended", percent);
  }
  return percent == 0 ? "nothing, once all tasks ended"
                      : fmt::format("nothing, user memory grew by {:.0f} % more", -percent);
}

void add_timer_costs(const json& record, table& rows) {
  const json& costs = child(record, "timer_costs");
  if (!costs.is_object()) return;
  rows.row("cost of a timer", fmt::format("spawn {}, fire {}, arm and cancel {}",
                                          time_text(number(costs, "spawn_ns_per_task")),
                                          time_text(number(costs, "cpu_ns_per_fire")),
                                          time_text(number(costs, "cpu_ns_per_arm_cancel"))));
}

/// Mode idle: the result of the messages that ended it.
void add_exchange(const json& record, table& rows) {
  const json& exchange = child(record, "exchange");
  const auto duration = number(exchange, "duration_ns");
  if (!duration) return;
  const json& latency = child(exchange, "latency");
  rows.row(
      "one message each",
      fmt::format("{} in all; p50 {}  p99 {}  max {}; {} of CPU each", time_text(duration),
                  time_text(number(latency, "p50")), time_text(number(latency, "p99")),
                  time_text(number(latency, "max")), time_text(number(exchange, "cpu_per_op_ns"))));
}

void add_memory(const json& record, table& rows) {
  const json& per_task = child(child(record, "memory"), "per_task");
  if (!per_task.is_object()) return;
  rows.row("memory per task",
           fmt::format("user {}, kernel {}, total {}", bytes_text(number(per_task, "user_bytes")),
                       bytes_text(number(per_task, "kernel_bytes")),
                       bytes_text(number(per_task, "total_bytes"))));
  const json& memory = child(record, "memory");
  if (const auto allocations = number(memory, "allocations_per_task")) {
    rows.row("allocations", fmt::format("{:.2f} per task", *allocations));
  }
  if (const auto mappings = number(memory, "mappings")) {
    rows.row("mappings", fmt::format("{:.0f} with all tasks there", *mappings));
  }
  if (const auto returned = number(memory, "returned_fraction")) {
    rows.row("given back", returned_text(*returned));
  }
}

}  // namespace

std::string summary_table(const json& record, bool colour) {
  table rows;
  add_head(record, colour, rows);
  add_failure(record, rows);
  add_work(record, rows);
  add_distribution(record, "latency", "latency", rows);
  add_distribution(record, "service_time", "service time", rows);
  add_distribution(record, "lateness", "lateness", rows);
  add_early_fires(record, rows);
  add_cpu(record, rows);
  add_generator(record, rows);
  add_timer_costs(record, rows);
  add_exchange(record, rows);
  add_memory(record, rows);
  return rows.take();
}

}  // namespace skein::conductor
