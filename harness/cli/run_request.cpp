// Turns option values into a request: sizes and defaults filled in, every value checked against its
// bounds.
#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <optional>
#include <unistd.h>
#include <wordexp.h>

#include "harness/cells/active.hpp"
#include "harness/cells/defaults.hpp"
#include "harness/cells/nearest.hpp"
#include "harness/cells/units.hpp"
#include "harness/cli/commands.hpp"
#include "harness/cli/option_values.hpp"
#include "harness/cli/run_options.hpp"
#include "harness/conductor/lock.hpp"
#include "harness/conductor/preflight.hpp"
#include "harness/measure/limits.hpp"
#include "workloads/all.hpp"
#include "workloads/timers/schedule.hpp"

namespace skein::cli {
namespace {

namespace defaults = cells::defaults;
using cells::check_active;
using cells::format_duration;
using cells::format_size;
using cells::is_auto;
using cells::is_open_loop;
using cells::parse_auto_share;
using cells::parse_cpus;
using cells::parse_rate;
using cells::parse_seed;
using cells::require_known;
using cells::usual_active;
using conductor::run_request;
using measure::json;

constexpr double max_rate_per_s = 1e9;
constexpr std::int64_t max_payload_bytes = 16 * 1024 * 1024;
constexpr std::int64_t max_stack_bytes = 64 * 1024 * 1024;
constexpr std::int64_t max_memory_bytes = std::int64_t{1} << 50;
constexpr std::int64_t max_pipeline = 1'000'000;

const workloads::workload_info& info_of(const std::string& workload) {
  const auto all = workloads::all();
  return *std::find_if(all.begin(), all.end(),
                       [&](const auto& each) { return each.id == workload; });
}

std::vector<std::string> modes_of(const std::string& workload) {
  const auto modes = info_of(workload).modes;
  return {modes.begin(), modes.end()};
}

/// The named size; empty when none was named.
std::optional<workloads::size> named_size(const std::string& workload, const std::string& name) {
  if (name.empty()) return std::nullopt;
  const auto sizes = info_of(workload).sizes;
  std::vector<std::string> names;
  for (const auto& each : sizes) names.emplace_back(each.name);
  require_known("size", name, names);
  return *std::find_if(sizes.begin(), sizes.end(),
                       [&](const auto& each) { return each.name == name; });
}

std::int64_t signed_size(std::size_t value) {
  return static_cast<std::int64_t>(value);
}

/// Splits as a shell would: quotes, variables, ~ and patterns. Runs no command while doing so.
std::vector<std::string> split_command(const std::string& text) {
  if (text.empty()) return {};
  wordexp_t split{};
  const bool good = ::wordexp(text.c_str(), &split, WRDE_NOCMD) == 0 && split.we_wordc > 0;
  std::vector<std::string> words;
  if (good) words.assign(split.we_wordv, split.we_wordv + split.we_wordc);
  ::wordfree(&split);
  if (!good) {
    throw usage_error("--worker-command: '" + text +
                      "' is no plain command; quote it, and leave out shell operators");
  }
  return words;
}

json run_meta_from(const std::string& text) {
  if (text.empty()) return json::object();
  json meta = json::parse(text, nullptr, false);
  if (!meta.is_object()) throw usage_error("--run-meta: '" + text + "' is not a JSON object");
  const std::vector<std::string> known{"arm", "block", "pair", "position"};
  for (const auto& [name, value] : meta.items()) require_known("--run-meta field", name, known);
  if (meta.contains("arm")) {
    if (!meta["arm"].is_string()) throw usage_error("--run-meta: arm is not a string");
    require_known("arm", meta["arm"].get<std::string>(),
                  std::vector<std::string>{"single", "base", "candidate"});
  }
  return meta;
}

conductor::cpu_request cpus_from(const char* option, const std::string& text,
                                 const char* otherwise) {
  return {parsed(option, text.empty() ? otherwise : text, parse_cpus), !text.empty()};
}

/// Ids become parts of paths, and names in plots.
void require_id(const std::string& runtime) {
  const bool fits =
      runtime.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos &&
      runtime.front() >= 'a';
  if (!fits) {
    throw usage_error("--runtime: '" + runtime +
                      "' is no id; lower-case letters, digits and _, a letter first");
  }
}

void name_runtime(const run_words& words, cells::cell& asked) {
  if (words.runtime.empty()) {
    throw usage_error(
        fmt::format("--runtime is required; valid: {}", fmt::join(runtime_names(), ", ")));
  }
  if (words.worker_command.empty()) {
    require_known("runtime", words.runtime, runtime_names());
  } else {
    require_id(words.runtime);
  }
  asked.runtime = words.runtime;
  for (const auto& runtime : workloads::runtimes()) {
    if (runtime.id == words.runtime) asked.style = std::string(runtime.style);
  }
}

/// A stack is whole pages, at least two; with fewer only the guard would be left.
std::int64_t stack_bytes_from(const std::string& text) {
  const std::int64_t page_bytes = ::sysconf(_SC_PAGESIZE);
  const std::int64_t least = 2 * page_bytes;
  const std::int64_t value =
      size_or("--stack-bytes", text, defaults::stack_bytes, least, max_stack_bytes);
  if (value % page_bytes != 0) {
    throw usage_error(fmt::format(
        "--stack-bytes: {} is not a multiple of the page ({}); from {} to {}", format_size(value),
        format_size(page_bytes), format_size(least), format_size(max_stack_bytes)));
  }
  return value;
}

/// All stacks together must fit the address space, and one of them the memory. The preflight judges
/// how much of them will be touched.
void check_stacks(const cells::cell& asked) {
  if (!asked.stack_bytes) return;
  const std::int64_t least = 2 * ::sysconf(_SC_PAGESIZE);
  const std::int64_t most = std::min(max_stack_bytes, conductor::largest_stack_bytes(asked));
  if (*asked.stack_bytes <= most) return;
  const std::int64_t tasks = asked.tasks.value_or(asked.connections.value_or(0));
  if (most < least) {
    throw usage_error(
        fmt::format("--stack-bytes: {} stacks, even of {}, are beyond the address space; "
                    "fewer tasks",
                    tasks, format_size(least)));
  }
  throw usage_error(
      fmt::format("--stack-bytes: {} for each of {} tasks is beyond the address space or the "
                  "memory of this machine; from {} to {}",
                  format_size(*asked.stack_bytes), tasks, format_size(least), format_size(most)));
}

run_request common_request(const std::string& workload, const run_words& words) {
  run_request request;
  request.asked.workload = workload;
  name_runtime(words, request.asked);
  // Accepted for every runtime, so that one set of options works for a whole matrix.
  const std::int64_t stack_bytes = stack_bytes_from(words.stack_bytes);
  if (conductor::takes_stack_bytes(request.asked)) request.asked.stack_bytes = stack_bytes;
  request.asked.seed =
      words.seed.empty() ? defaults::seed : parsed("--seed", words.seed, parse_seed);
  request.worker_cpus = cpus_from("--worker-cpus", words.worker_cpus, defaults::worker_cpus);
  request.generator_cpus =
      cpus_from("--generator-cpus", words.generator_cpus, defaults::generator_cpus);
  request.reads_memory = choice_or("memory", words.memory, "on", {"on", "off"}) == "on";
  const auto usual_rest = words.size == "test" ? defaults::test_quiesce_ns : defaults::quiesce_ns;
  request.quiesce_ns = request.reads_memory ? usual_rest : 0;
  request.thread_ceiling =
      count_or("--thread-ceiling", words.thread_ceiling, defaults::thread_ceiling, 1);
  if (!words.timeout.empty()) {
    request.timeout_ns = duration_or("--timeout", words.timeout, 0, 100 * ns_per_ms);
  }
  if (!words.memory_ceiling.empty()) {
    request.memory_ceiling_bytes =
        size_or("--memory-ceiling", words.memory_ceiling, 0, 1024 * 1024, max_memory_bytes);
  }
  request.worker_command = split_command(words.worker_command);
  if (!words.output.empty()) request.output = words.output;
  if (!words.session_id.empty()) request.session_id = words.session_id;
  request.run_meta = run_meta_from(words.run_meta);
  if (words.lock_fd >= 0) request.lock_fd = words.lock_fd;
  request.lock_file = words.lock_file.empty() ? conductor::default_lock_file() : words.lock_file;
  request.print_json = words.json;
  request.counted = words.count;
  return request;
}

/// How a load differs between the two named sizes, beyond what the workload says.
struct pace {
  time_ns duration_ns = defaults::duration_ns;
  time_ns warmup_ns = defaults::warmup_ns;
  std::int64_t warmup_requests = defaults::warmup_requests;
};

pace pace_of(const std::string& size) {
  if (size != "test") return {};
  return {defaults::test_duration_ns, defaults::test_warmup_ns, defaults::test_warmup_requests};
}

/// Sets the rate, or the share of the baseline's saturation that it is to be.
void set_rate(const run_words& words, double usual, run_request& request) {
  if (is_auto(words.rate)) {
    request.rate_share = parsed("--rate", words.rate, parse_auto_share);
    request.rate_baseline =
        choice_or("runtime", words.rate_baseline, defaults::rate_baseline, runtime_names());
    return;
  }
  refuse_unless(false, "--rate-baseline", words.rate_baseline, "--rate auto:N%");
  const double rate = words.rate.empty() ? usual : parsed("--rate", words.rate, parse_rate);
  if (rate > max_rate_per_s) {
    throw usage_error(fmt::format("--rate: {} is out of bounds; at most {}", rate, max_rate_per_s));
  }
  request.asked.rate_per_s = rate;
}

void set_load(const run_words& words, const std::optional<workloads::size>& size,
              run_request& request) {
  cells::cell& asked = request.asked;
  const pace paced = pace_of(words.size);
  const std::int64_t closed_loop = size ? signed_size(size->active) : defaults::active_closed_loop;
  asked.active =
      count_or("--active", words.active, usual_active(*asked.mode, *asked.connections, closed_loop),
               1, *asked.connections);
  check_active(*asked.mode, *asked.connections, *asked.active);
  if (is_open_loop(asked)) {
    set_rate(words, size ? size->rate_per_s : defaults::rate_per_s, request);
    asked.arrival = choice_or("arrival", words.arrival, defaults::arrival, {"poisson", "uniform"});
  }
  if (!words.pipeline.empty()) {
    asked.pipeline = count_or("--pipeline", words.pipeline, 1, 1, max_pipeline);
  }
  asked.warmup_ns = duration_or("--warmup", words.warmup, paced.warmup_ns, 0);
  request.warmup_requests =
      count_or("--warmup-requests", words.warmup_requests, paced.warmup_requests, 0);
  asked.payload_bytes = size_or("--payload-bytes", words.payload_bytes, defaults::payload_bytes, 1,
                                max_payload_bytes);
  if (!words.requests.empty()) {
    if (!words.duration.empty()) throw usage_error("give --requests or --duration, not both");
    asked.requests = count_or("--requests", words.requests, 0, 1);
  } else {
    asked.duration_ns = duration_or("--duration", words.duration, paced.duration_ns, ns_per_ms);
  }
}

void check_modes(const run_words& words, const std::string& mode) {
  const bool loaded = mode != "idle";
  const bool open_loop = mode == "open" || mode == "idle_heavy";
  const bool closed_loop = mode == "fixed" || mode == "churn";
  constexpr const char* scheduled = "--mode open and idle_heavy";
  constexpr const char* any_load = "modes with a load (idle has none)";
  refuse_unless(open_loop, "--rate", words.rate, scheduled);
  refuse_unless(open_loop, "--rate-baseline", words.rate_baseline, scheduled);
  refuse_unless(open_loop, "--arrival", words.arrival, scheduled);
  refuse_unless(open_loop || mode == "fixed", "--pipeline", words.pipeline,
                "--mode open, idle_heavy and fixed");
  refuse_unless(closed_loop, "--requests", words.requests, "--mode fixed and churn");
  refuse_unless(mode == "idle", "--hold", words.hold, "--mode idle");
  refuse_unless(mode == "idle", "--loops", words.loops,
                "--mode idle (a load is driven by one generator, with one descriptor table)");
  refuse_unless(mode == "idle", "--exchange", words.exchange, "--mode idle");
  refuse_unless(loaded, "--active", words.active, any_load);
  if (!loaded && words.memory == "off") {
    throw usage_error("--memory off: in mode idle memory is all there is to measure");
  }
  refuse_unless(loaded, "--duration", words.duration, any_load);
  refuse_unless(loaded, "--warmup", words.warmup, any_load);
  refuse_unless(loaded, "--warmup-requests", words.warmup_requests, any_load);
}

/// The number of loops, if more than one was asked for.
std::optional<std::int64_t> loops_from(const std::string& text, std::int64_t connections) {
  std::int64_t loops = 1;
  if (text == "auto") {
    loops = conductor::loops_for(connections, measure::read_limits().descriptors);
    if (loops > defaults::most_loops) loops = defaults::most_loops;  // preflight says the rest
  } else {
    loops = count_or("--loops", text, 1, 1, std::min(defaults::most_loops, connections));
  }
  return loops > 1 ? std::optional(loops) : std::nullopt;
}

void set_hold(const run_words& words, run_request& request) {
  cells::cell& asked = request.asked;
  request.hold_ns = duration_or("--hold", words.hold, defaults::hold_ns, 0);
  asked.loops = loops_from(words.loops, *asked.connections);
  if (!words.exchange.empty()) {
    request.exchange_in_flight = count_or("--exchange", words.exchange, 1, 1, *asked.connections);
  }
}

/// Churn needs a second task to cancel the first, and enough grid steps in the window for its
/// rounds.
void check_churn(const cells::cell& asked) {
  if (*asked.tasks < 2) throw usage_error("--tasks: pattern churn needs at least 2");
  const time_ns least_ns = timers::churn_least_steps * *asked.grid_ns;
  if (*asked.window_ns < least_ns) {
    throw usage_error(
        fmt::format("--window: {} is too short for pattern churn; "
                    "with a grid of {} it needs {}",
                    format_duration(*asked.window_ns), format_duration(*asked.grid_ns),
                    format_duration(least_ns)));
  }
}

/// Only our own runtimes are known to have the choice or not; a foreign worker is asked for what
/// was typed.
void set_timers(const run_words& words, cells::cell& asked) {
  std::vector<std::string_view> choosers;
  for (const auto& runtime : workloads::runtimes()) {
    if (runtime.takes_timers) choosers.push_back(runtime.id);
  }
  const bool ours = words.worker_command.empty();
  const bool can_choose =
      ours && std::find(choosers.begin(), choosers.end(), asked.runtime) != choosers.end();
  if (ours && !can_choose && !words.timers.empty()) {
    throw usage_error(fmt::format("--timers: {} keeps its timers in one way; it applies to {}",
                                  asked.runtime, fmt::join(choosers, ", ")));
  }
  if (!can_choose && words.timers.empty()) return;
  asked.timers = choice_or("timer structure", words.timers, defaults::timers, {"wheel", "heap"});
}

}  // namespace

run_request c10k_request(const run_words& words) {
  run_request request = common_request("c10k", words);
  cells::cell& asked = request.asked;
  const auto size = named_size("c10k", words.size);
  asked.mode = choice_or("mode", words.mode, defaults::mode, modes_of("c10k"));
  check_modes(words, *asked.mode);
  asked.connections = count_or("--connections", words.connections,
                               size ? signed_size(size->connections) : defaults::connections, 1);
  if (asked.mode != "idle") set_load(words, size, request);
  asked.buffer = choice_or("buffer", words.buffer, defaults::buffer, {"lent", "own"});
  const std::int64_t payload = asked.payload_bytes.value_or(1);
  asked.buffer_bytes =
      size_or("--buffer-bytes", words.buffer_bytes, std::max(defaults::buffer_bytes, payload),
              payload, max_payload_bytes);
  check_stacks(asked);
  if (asked.mode == "idle") set_hold(words, request);
  return request;
}

run_request timers_request(const run_words& words) {
  run_request request = common_request("timers", words);
  cells::cell& asked = request.asked;
  const auto size = named_size("timers", words.size);
  asked.tasks =
      count_or("--tasks", words.tasks, size ? signed_size(size->tasks) : defaults::tasks, 1);
  asked.pattern = choice_or("pattern", words.pattern, defaults::pattern, modes_of("timers"));
  set_timers(words, asked);
  asked.grid_ns = duration_or("--grid", words.grid, defaults::grid_ns, 1);
  asked.window_ns =
      duration_or("--window", words.window, size ? size->window_ns : defaults::window_ns, 1);
  if (*asked.grid_ns > *asked.window_ns) {
    throw usage_error(fmt::format("--grid: {} is longer than the window, {}",
                                  format_duration(*asked.grid_ns),
                                  format_duration(*asked.window_ns)));
  }
  if (asked.pattern == "churn") check_churn(asked);
  check_stacks(asked);
  return request;
}

}  // namespace skein::cli
