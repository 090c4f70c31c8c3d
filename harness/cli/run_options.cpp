// Option by option. Help texts take the defaults from defaults.hpp, so that each stands in one
// place.
#include "harness/cli/run_options.hpp"

#include <fmt/format.h>

#include "harness/cells/defaults.hpp"
#include "harness/cells/units.hpp"

namespace skein::cli {
namespace {

namespace defaults = cells::defaults;
using cells::format_duration;
using cells::format_size;

template <typename Value>
std::string with_default(const char* text, const Value& value) {
  return fmt::format("{} [{}]", text, value);
}

}  // namespace

void add_common_options(CLI::App& app, run_words& words) {
  app.add_option("--runtime", words.runtime, "Which runtime to measure (skein list)");
  app.add_option("--size", words.size, "A named size of the workload: test or base [base]");
  app.add_option("--seed", words.seed,
                 with_default("Seed of everything random, from 0 to 2^64 - 1", defaults::seed));
  app.add_option(
      "--stack-bytes,--stack", words.stack_bytes,
      with_default("Usable stack of a task that has one", format_size(defaults::stack_bytes)));
  app.add_option("--worker-cpus", words.worker_cpus,
                 with_default("CPUs of the worker, e.g. 0 or 0,2-3", defaults::worker_cpus));
  app.add_option(
      "--generator-cpus", words.generator_cpus,
      with_default("CPUs of the load generator and of this process", defaults::generator_cpus));
  app.add_option("--timeout", words.timeout, "Bound on the whole cell [computed from the cell]");
  app.add_option("--thread-ceiling", words.thread_ceiling,
                 with_default("Most threads a worker may be asked for", defaults::thread_ceiling));
  app.add_option("--memory-ceiling", words.memory_ceiling,
                 "Most memory the run may take, e.g. 4GiB; more is a result with status limit "
                 "[what the machine has available, less a reserve]");
  app.add_option("--memory", words.memory,
                 "on: memory is read at four numbers of tasks, each after a rest; "
                 "off: it is not, nor does its slope bound the run, which is 1.5 s shorter [on]");
  app.add_option("--worker-command", words.worker_command,
                 "Measure this program instead of our own worker; it speaks harness/PROTOCOL.md");
  app.add_option("-o,--output", words.output, "Append the record to this JSON Lines file");
  app.add_option("--session", words.session_id,
                 "The run belongs to this session, whose line the caller writes");
  app.add_option("--run-meta", words.run_meta,
                 "Copied into the record: a JSON object of arm, block, pair, position");
  app.add_option("--lock-file", words.lock_file,
                 "Lock against a second measurement [$SKEIN_LOCK_FILE or /tmp/skein.lock]");
  app.add_option("--lock-fd", words.lock_fd,
                 "An inherited descriptor that holds that lock already");
  app.add_flag(
      "--count", words.count,
      "Count allocations and system calls of the worker; the run's times are not recorded");
  app.add_flag("--json", words.json, "Print the record instead of a table");
}

void add_c10k_options(CLI::App& app, run_words& words) {
  app.add_option("--connections", words.connections,
                 with_default("Connections to hold open", defaults::connections));
  app.add_option("--active", words.active,
                 fmt::format("Connections that carry requests "
                             "[all in mode open, {} % in idle_heavy, {} in fixed and churn]",
                             defaults::active_percent_idle_heavy, defaults::active_closed_loop));
  app.add_option("--mode", words.mode,
                 "open: requests at a rate, latency from the intended time; "
                 "idle_heavy: the same on 1-20 % of the connections; "
                 "fixed: one in flight on each active connection, or --pipeline; "
                 "churn: connect, one exchange, close, again; "
                 "idle: none, memory only [fixed]");
  app.add_option("--rate", words.rate,
                 with_default("Modes open and idle_heavy: requests per second, or auto:60% of what "
                              "the baseline can do at most, which is measured first",
                              defaults::rate_per_s));
  app.add_option(
      "--rate-baseline", words.rate_baseline,
      with_default("The runtime that --rate auto is a share of", defaults::rate_baseline));
  app.add_option("--arrival", words.arrival,
                 with_default("Modes open and idle_heavy: poisson or uniform", defaults::arrival));
  app.add_option(
      "--pipeline", words.pipeline,
      "Modes open and idle_heavy: most requests in flight on one connection; others wait "
      "for it, their intended time unchanged [no bound]. "
      "Mode fixed: so many are sent in a row, and the next when all have their replies [1]");
  app.add_option(
      "--payload-bytes", words.payload_bytes,
      with_default("Bytes of a request and of its reply", format_size(defaults::payload_bytes)));
  app.add_option("--buffer", words.buffer,
                 with_default("Who owns read buffers: lent (the loop) or own (each connection)",
                              defaults::buffer));
  app.add_option("--buffer-bytes", words.buffer_bytes,
                 with_default("Most bytes one read returns",
                              format_size(defaults::buffer_bytes) + ", at least the payload"));
  app.add_option("--duration", words.duration,
                 with_default("Of the measured window", format_duration(defaults::duration_ns)));
  app.add_option("--warmup", words.warmup,
                 with_default("Before the window, and at least a fixed number of requests",
                              format_duration(defaults::warmup_ns)));
  app.add_option(
      "--warmup-requests", words.warmup_requests,
      with_default("The window begins no earlier than after so many", defaults::warmup_requests));
  app.add_option(
      "--requests", words.requests,
      "Modes fixed and churn: the window ends after so many instead of after --duration");
  app.add_option("--hold", words.hold,
                 with_default("Mode idle: keep all connections open for so long",
                              format_duration(defaults::hold_ns)));
  app.add_option("--loops", words.loops,
                 fmt::format("Mode idle: event loops in the worker, each on a thread with a "
                             "descriptor table of its own, up to {}; "
                             "auto: as few as hold the connections [{}]",
                             defaults::most_loops, 1));
  app.add_option("--exchange", words.exchange,
                 "Mode idle: at the end every connection exchanges one message, "
                 "so many of them at a time [none]");
}

void add_timers_options(CLI::App& app, run_words& words) {
  app.add_option("--tasks", words.tasks, with_default("Sleeping tasks", defaults::tasks));
  app.add_option(
      "--pattern", words.pattern,
      with_default("spread: deadlines all over the window; storm: one for all; "
                   "periodic: each again and again; churn: armed, then cancelled, but for a few",
                   defaults::pattern));
  app.add_option(
      "--window", words.window,
      with_default("Over which deadlines are spread", format_duration(defaults::window_ns)));
  app.add_option(
      "--grid", words.grid,
      with_default("Deadlines are multiples of this", format_duration(defaults::grid_ns)));
  app.add_option("--timers", words.timers,
                 with_default("How a runtime that can choose keeps its timers: wheel or heap",
                              defaults::timers));
}

}  // namespace skein::cli
