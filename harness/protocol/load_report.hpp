// The `result` of a load, from the generator through the conductor to the record. A field is named
// here and nowhere else; whether the record has it is said beside it. Leaves out what the figures
// say about a run (conductor/judge/validity.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "harness/measure/distribution.hpp"
#include "harness/measure/fields.hpp"
#include "harness/protocol/load_mode.hpp"
#include "harness/protocol/work.hpp"
#include "runtimes/clock.hpp"

namespace skein::protocol {

using measure::recorded;

/// Errors, counted by kind.
struct error_counts {
  std::uint64_t connect = 0;      ///< connect stages, and connections of a churn load, that failed
  std::uint64_t read = 0;         ///< replies lost with their connection, at least one for each
  std::uint64_t write = 0;        ///< requests that could not be sent: their connection is gone
  std::uint64_t timeout = 0;      ///< requests issued and not answered by the end of the drain
  std::uint64_t descriptors = 0;  ///< connect stages that ran out of descriptors

  template <typename Self, typename Visit>
  static void for_each_field(Self& of, Visit&& visit) {
    visit("connect", of.connect);
    visit("read", of.read);
    visit("write", of.write);
    visit("timeout", of.timeout);
    visit("descriptors", of.descriptors);
  }
};

/// What the generator did. Counts and lateness are of the requests meant for the window. A rate or
/// a share is empty where there is nothing to divide by.
struct load_result {
  load_mode model{};
  std::optional<arrival_kind> arrival;  ///< scheduled modes, as is offered_per_s
  std::optional<double> offered_per_s;
  std::optional<double> achieved_per_s;
  std::uint64_t sent = 0;
  std::uint64_t completed = 0;
  error_counts errors;
  std::uint64_t inflight_max = 0;
  std::optional<double> late_50us_fraction;
  std::optional<time_ns> late_ns_p99;
  std::optional<double> generator_cpu_fraction;   ///< of the window
  std::optional<double> generator_cpu_per_op_ns;  ///< without its busy waiting
  std::optional<double> generator_busy_fraction;  ///< of its CPU time
  std::optional<double> handler_step_ns;          ///< of a handler's work, measured here
  std::uint64_t unsent = 0;                       ///< scheduled, and never sent
  time_ns away_ns = 0;                            ///< kept from reading its clock; see absence.hpp
  time_ns warmup_ns = 0;
  std::optional<std::string> warmup_note;
  std::optional<std::string> early_end;

  template <typename Self, typename Visit>
  static void for_each_field(Self& of, Visit&& visit) {
    visit("model", of.model);
    visit("arrival", of.arrival);
    visit("offered_per_s", of.offered_per_s);
    visit("achieved_per_s", of.achieved_per_s, recorded::unless_counted);
    visit("sent", of.sent);
    visit("completed", of.completed);
    visit("errors", of.errors);
    visit("inflight_max", of.inflight_max, recorded::unless_counted);
    visit("late_50us_fraction", of.late_50us_fraction, recorded::unless_counted);
    visit("late_ns_p99", of.late_ns_p99, recorded::unless_counted);
    visit("generator_cpu_fraction", of.generator_cpu_fraction, recorded::unless_counted);
    visit("generator_cpu_per_op_ns", of.generator_cpu_per_op_ns, recorded::unless_counted);
    visit("generator_busy_fraction", of.generator_busy_fraction, recorded::unless_counted);
    visit("handler_step_ns", of.handler_step_ns, recorded::unless_counted);
    visit("unsent", of.unsent);
    visit("away_ns", of.away_ns, recorded::never);
    visit("warmup_ns", of.warmup_ns, recorded::never);
    visit("warmup_note", of.warmup_note, recorded::never);
    visit("early_end", of.early_end, recorded::never);
  }
};

/// What happened between the two ends of the window, whatever it was meant for.
struct window_extent {
  std::uint64_t units = 0;
  time_ns duration_ns = 0;

  template <typename Self, typename Visit>
  static void for_each_field(Self& of, Visit&& visit) {
    visit("units", of.units);
    visit("duration_ns", of.duration_ns);
  }
};

/// The whole message but its type.
struct load_report {
  load_result load;
  work_done work;
  window_extent window;
  measure::sliced_distribution latency;  ///< receive - intended
  measure::distribution service_time;    ///< receive - sent
  std::uint64_t wrong_bytes = 0;

  template <typename Self, typename Visit>
  static void for_each_field(Self& of, Visit&& visit) {
    visit("load", of.load);
    visit("work", of.work);
    visit("window", of.window);
    visit("latency", of.latency);
    visit("service_time", of.service_time);
    visit("wrong_bytes", of.wrong_bytes);
  }
};

}  // namespace skein::protocol
