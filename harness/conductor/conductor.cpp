// All ways in which a cell can end meet here; each leaves a record or says why there is none.
#include "harness/conductor/conductor.hpp"

#include <cstdio>
#include <exception>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <memory>
#include <optional>
#include <string>
#include <unistd.h>
#include <utility>

#include "harness/cells/usage_error.hpp"
#include "harness/conductor/exit_status.hpp"
#include "harness/conductor/judge/lint.hpp"
#include "harness/conductor/judge/validity.hpp"
#include "harness/conductor/prepare/lock.hpp"
#include "harness/conductor/prepare/preflight.hpp"
#include "harness/conductor/prepare/rate_share.hpp"
#include "harness/conductor/processes/interrupts.hpp"
#include "harness/conductor/record/output.hpp"
#include "harness/conductor/record/record.hpp"
#include "harness/conductor/record/session.hpp"
#include "harness/conductor/record/summary_table.hpp"
#include "harness/conductor/runs/served_run.hpp"
#include "harness/conductor/runs/tasks_run.hpp"
#include "harness/measure/limits.hpp"
#include "workloads/all.hpp"

namespace skein::conductor {
namespace {

std::unique_ptr<measuring_lock> take_lock(const run_request& request) {
  if (request.lock_fd) return std::make_unique<measuring_lock>(*request.lock_fd);
  return std::make_unique<measuring_lock>(request.lock_file,
                                          fmt::format("{}", fmt::join(request.argv, " ")));
}

/// The id of the cell, as far as it is known before a rate has been measured.
std::string planned_id(const run_request& request) {
  std::string id = cell_id(request.asked);
  if (request.rate_share) id += fmt::format("/rate=auto:{}%", 100 * *request.rate_share);
  return id;
}

/// The session that a run belongs to: the caller's, or a new one. The line of a new session is
/// written first, which also shows early whether the file can be written at all.
std::string open_session(const run_request& request, const pinning& pins, output_file* output) {
  if (request.session_id) return *request.session_id;
  if (output == nullptr) return "unrecorded";
  const session_request own{request.argv, request.asked.seed, {planned_id(request)}};
  const json session = session_record(own, pins);
  output->append(session);
  return session.at("session_id");
}

/// For our own runtimes only; a foreign worker must itself say what it can do.
std::optional<limit_fact> own_grid_obstacle(const run_request& request) {
  if (request.is_foreign()) return std::nullopt;
  for (const runtime_info& runtime : workloads::runtimes()) {
    if (runtime.id == request.asked.runtime) return grid_obstacle(request.asked, runtime);
  }
  return std::nullopt;
}

void measure_cell(run_request& request, const pinning& pins, const interrupts& signals,
                  outcome& out) {
  if (const auto obstacle = first_obstacle(request.asked, request.thread_ceiling,
                                           request.memory_ceiling_bytes, request.ends())) {
    throw cell_ended(*obstacle);
  }
  if (const auto obstacle = own_grid_obstacle(request)) throw cell_ended(*obstacle);
  switch (workloads::declaration_of(request.asked.of).run) {
    case workloads::run_kind::served:
      return measure_served(request, pins, signals, out);
    case workloads::run_kind::tasks:
      return measure_tasks(request, pins, signals, out);
  }
}

/// Judges a run that came to its end: can it be believed?
void scrutinize(const run_request& request, const pinning& pins, outcome& out) {
  refuse_contradictions(request.asked, out);
  judge(out, request.asked, pins);
}

outcome observe(run_request& request, const pinning& pins, const interrupts& signals) {
  outcome out;
  out.started_utc = utc_now();
  out.reasons = pins.reasons;
  if (std::string crowded = crowding(request.asked.workers, pins); !crowded.empty()) {
    out.mark(std::move(crowded));
  }
  try {
    if (const auto why = measure::why_not_our_proc()) throw failed_by_conductor(*why);
    settle_rate(request, pins, signals, out);
    measure_cell(request, pins, signals, out);
    scrutinize(request, pins, out);
  } catch (const cell_ended& why) {
    out.end(why);
  } catch (const interrupted&) {
    throw;
  } catch (const cells::usage_error&) {
    throw;  // nothing was measured: what was asked for cannot be
  } catch (const std::exception& error) {
    out.end(failed_by_conductor(error.what()));
  }
  return out;
}

void show(const json& record, bool as_json) {
  const bool colour = ::isatty(STDOUT_FILENO) == 1;
  const std::string text =
      as_json ? measure::to_text(record) + "\n" : summary_table(record, colour);
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (std::fflush(stdout) != 0 || !written) {
    throw cannot_measure("cannot write the result to standard output");
  }
}

int measure_and_record(run_request& request, const pinning& pins, const interrupts& signals,
                       output_file* output) {
  const std::string session_id = open_session(request, pins, output);
  pin_self(pins.generator_cpus);
  const outcome out = observe(request, pins, signals);
  const json record = run_record(request, out, session_id);
  if (output != nullptr) output->append(record);
  show(record, request.print_json);
  return out.how == status::ok || out.how == status::limit ? exit_ok : exit_not_measured;
}

}  // namespace

int run(run_request request) {
  measure::raise_soft_limits();
  const pinning pins =
      request.network
          ? plan_pinning_here(request.worker_cpus, request.generator_cpus, allowed_cpus())
          : plan_pinning(request.worker_cpus, request.generator_cpus, allowed_cpus());
  const auto lock = take_lock(request);
  std::unique_ptr<output_file> output;
  if (request.output) output = std::make_unique<output_file>(*request.output);
  const interrupts signals;
  for (const std::string& reason : pins.reasons) fmt::print(stderr, "skein: {}\n", reason);
  try {
    return measure_and_record(request, pins, signals, output.get());
  } catch (const interrupted&) {
    fmt::print(stderr, "skein: interrupted; this run was not recorded\n");
    return exit_interrupted;
  }
}

}  // namespace skein::conductor
