// Turns option values into a request: sizes and defaults filled in, every value checked against its
// bounds.
#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <optional>
#include <unistd.h>
#include <wordexp.h>

#include "generated/runtimes.hpp"
#include "harness/cells/defaults.hpp"
#include "harness/cells/nearest.hpp"
#include "harness/cells/parameters.hpp"
#include "harness/cells/units.hpp"
#include "harness/cli/commands.hpp"
#include "harness/cli/option_values.hpp"
#include "harness/cli/run_options.hpp"
#include "harness/conductor/prepare/lock.hpp"
#include "harness/conductor/prepare/pinning.hpp"
#include "harness/conductor/prepare/preflight.hpp"
#include "harness/measure/limits.hpp"
#include "workloads/all.hpp"

namespace skein::cli {
namespace {

namespace defaults = cells::defaults;
using cells::format_size;
using cells::parse_cpus;
using cells::parse_size;
using cells::require_known;
using conductor::run_request;
using measure::json;

constexpr std::int64_t max_memory_bytes = std::int64_t{1} << 50;

/// Splits as a shell would: quotes, variables, ~ and patterns. Runs no command while doing so.
std::vector<std::string> split_command(const char* option, const std::string& text) {
  if (text.empty()) return {};
  wordexp_t split{};
  const bool good = ::wordexp(text.c_str(), &split, WRDE_NOCMD) == 0 && split.we_wordc > 0;
  std::vector<std::string> words;
  if (good) words.assign(split.we_wordv, split.we_wordv + split.we_wordc);
  ::wordfree(&split);
  if (!good) {
    throw usage_error(std::string(option) + ": '" + text +
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

/// A name that lists have, and that this program has no tasks of.
void require_ours(const std::string& runtime) {
  for (const foreign_runtime& each : foreign_runtimes) {
    if (each.id != runtime) continue;
    throw usage_error(fmt::format(
        "runtime '{}' is a worker in {} and not in this program; start it with --worker-command "
        "\"{}\" (from the top of the source tree), or name it in a matrix",
        each.id, each.language, each.command));
  }
  require_known("runtime", runtime, runtime_names());
}

void name_runtime(const run_words& words, cells::cell& asked) {
  if (words.runtime.empty()) {
    throw usage_error(
        fmt::format("--runtime is required; valid: {}", fmt::join(runtime_names(), ", ")));
  }
  if (words.worker_command.empty()) {
    require_ours(words.runtime);
  } else {
    require_id(words.runtime);
  }
  asked.runtime = words.runtime;
  const runtime_info* const known = workloads::runtime_named(words.runtime);
  if (known != nullptr) asked.style = std::string(known->style);
}

/// A stack is whole pages.
void check_pages(const std::string& text) {
  if (text.empty()) return;
  const std::int64_t page_bytes = ::sysconf(_SC_PAGESIZE);
  const std::int64_t value = parsed("--stack-bytes", text, parse_size);
  if (value % page_bytes == 0) return;
  throw usage_error(fmt::format("--stack-bytes: {} is not a multiple of the page ({})",
                                format_size(value), format_size(page_bytes)));
}

/// All stacks together must fit the address space, and one of them the memory. The preflight judges
/// how much of them will be touched.
void check_stacks(const cells::cell& asked) {
  if (!asked.stack_bytes) return;
  const std::int64_t least = 2 * ::sysconf(_SC_PAGESIZE);
  const std::int64_t most = conductor::largest_stack_bytes(asked);
  if (*asked.stack_bytes <= most) return;
  if (most < least) {
    throw usage_error(
        fmt::format("--stack-bytes: {} stacks, even of {}, are beyond the address space; "
                    "fewer tasks",
                    asked.count(), format_size(least)));
  }
  throw usage_error(fmt::format(
      "--stack-bytes: {} for each of {} tasks is beyond the address space or the "
      "memory of this machine; from {} to {}",
      format_size(*asked.stack_bytes), asked.count(), format_size(least), format_size(most)));
}

/// What a task holds and the levels that it waits below lie on its stack, where it has one. Of a
/// foreign worker that is not known yet.
void check_nesting(const cells::cell& asked) {
  constexpr std::int64_t level_bytes = 128;  // more than any level takes, in any build
  constexpr std::int64_t rest_bytes = 4096;  // the body, the wait, and a signal's share
  const std::int64_t depth = asked.depth.value_or(workloads::usual::depth);
  const std::int64_t held_bytes = asked.held_bytes.value_or(workloads::usual::held_bytes);
  if (workloads::runtime_named(asked.runtime) == nullptr) return;
  if (!asked.stack_bytes || (!asked.depth && !asked.held_bytes)) return;
  const std::int64_t room_bytes = *asked.stack_bytes - rest_bytes - depth * level_bytes;
  if (held_bytes <= room_bytes) return;
  const std::int64_t page_bytes = ::sysconf(_SC_PAGESIZE);
  const std::int64_t short_bytes = held_bytes - room_bytes;
  const std::int64_t least =
      *asked.stack_bytes + (short_bytes + page_bytes - 1) / page_bytes * page_bytes;
  if (room_bytes < 0) {
    throw usage_error(
        fmt::format("--depth: {} levels do not fit a stack of {}; --stack-bytes at least {}", depth,
                    format_size(*asked.stack_bytes), format_size(least)));
  }
  throw usage_error(fmt::format(
      "--held-bytes: {} do not fit a stack of {}; at most {} there at depth {}, or --stack-bytes "
      "at least {}",
      format_size(held_bytes), format_size(*asked.stack_bytes), format_size(room_bytes), depth,
      format_size(least)));
}

/// Tasks that wait some calls down, or hold something, only echo.
void check_handler(const cells::cell& asked) {
  const auto* const served = asked.as<c10k::cell>();
  if (served == nullptr || (!asked.depth && !asked.held_bytes)) return;
  const char* const not_both = served->handler_wait_ns   ? "--handler-wait"
                               : served->handler_work    ? "--handler-work"
                               : served->read_timeout_ns ? "--read-timeout"
                                                         : nullptr;
  if (not_both == nullptr) return;
  throw usage_error(fmt::format("{} cannot be together with {}", not_both,
                                asked.depth ? "--depth" : "--held-bytes"));
}

// --- the declared part ---

/// As few as hold the connections. What is beyond the bound the preflight refuses.
std::int64_t automatic_loops(const json& so_far) {
  const auto connections = so_far.at("connections").get<std::int64_t>();
  return conductor::loops_for(connections, measure::read_limits().descriptors);
}

/// As many as the worker has CPUs. The load generator's may be another host's.
std::int64_t automatic_workers(const run_request& request) {
  const conductor::pinning pins =
      conductor::plan_pinning(request.worker_cpus, {}, conductor::allowed_cpus());
  return static_cast<std::int64_t>(pins.worker_set().size());
}

/// The value of a count that is `auto`.
std::int64_t automatic_count(const workloads::field& field, const json& so_far,
                             const run_request& request) {
  const std::int64_t count =
      field.name == "workers" ? automatic_workers(request) : automatic_loops(so_far);
  return std::min(count, field.most->value);
}

/// Whether the runtime takes the field. Stacks are accepted for every runtime, so that one set of
/// options works for a whole matrix; a choice that a runtime does not have is refused. Of a foreign
/// worker neither is known: it is asked for what was typed.
bool is_taken(const workloads::field& field, bool said, const run_words& words) {
  if (field.of.empty()) return true;
  const runtime_info* const known = workloads::runtime_named(words.runtime);
  if (field.of == "stacks") return known == nullptr || cells::takes(*known, field);
  if (!words.worker_command.empty()) return said;
  const bool takes = cells::takes(*known, field);
  if (said && !takes) {
    std::vector<std::string_view> takers;
    for (const runtime_info& each : workloads::runtimes()) {
      if (cells::takes(each, field)) takers.push_back(each.id);
    }
    throw usage_error(fmt::format("{}: {} has no such choice; it applies to {}", field.option,
                                  words.runtime, fmt::join(takers, ", ")));
  }
  return takes;
}

void fill_cell(const workloads::declaration& declared, const run_words& words,
               run_request& request) {
  const cells::fill_hooks hooks{
      [&](const workloads::field& field, const json& so_far) {
        return automatic_count(field, so_far, request);
      },
      [&](const workloads::field& field, bool said) { return is_taken(field, said, words); }};
  const auto found = words.cell.find("stack_bytes");
  if (found != words.cell.end()) check_pages(found->second);
  cells::filled filled = cells::fill(declared, words.cell, words.size, hooks);
  filled.values["workload"] = declared.id;
  filled.values["runtime"] = request.asked.runtime;
  filled.values["style"] = measure::or_null(request.asked.style);
  request.asked = cells::cell_from_json(filled.values);
  request.how = cells::measuring_from_json(declared, filled.values);
  request.rate_share = filled.rate_share;
  const std::string objection = workloads::objection(request.asked.of);
  if (!objection.empty()) throw usage_error(objection);
}

void set_rate_baseline(const run_words& words, run_request& request) {
  refuse_unless(request.rate_share.has_value(), "--rate-baseline", words.rate_baseline,
                "--rate auto:N%");
  if (!request.rate_share) return;
  request.rate_baseline =
      choice_or("runtime", words.rate_baseline, defaults::rate_baseline, runtime_names());
}

void set_cpus(const run_words& words, run_request& request) {
  request.worker_cpus = cpus_from("--worker-cpus", words.worker_cpus, defaults::worker_cpus);
  request.generator_cpus =
      cpus_from("--generator-cpus", words.generator_cpus, defaults::generator_cpus);
}

void set_measuring(const run_words& words, run_request& request) {
  const auto usual_rest = words.size == "test" ? defaults::test_quiesce_ns : defaults::quiesce_ns;
  request.quiesce_ns = request.reads_memory() ? usual_rest : 0;
  request.thread_ceiling =
      count_or("--thread-ceiling", words.thread_ceiling, defaults::thread_ceiling, 1);
  if (!words.timeout.empty()) {
    request.timeout_ns = duration_or("--timeout", words.timeout, 0, 100 * ns_per_ms);
  }
  if (!words.memory_ceiling.empty()) {
    request.memory_ceiling_bytes =
        size_or("--memory-ceiling", words.memory_ceiling, 0, 1024 * 1024, max_memory_bytes);
  }
  request.worker_command = split_command("--worker-command", words.worker_command);
  for (const std::string& each : words.generator_commands) {
    request.generator_commands.push_back(split_command("--generator-command", each));
    if (request.generator_commands.back().empty()) {
      throw usage_error("--generator-command: it is empty");
    }
  }
  request.counted = words.count;
}

/// A load over a network: all of it, or nothing of it.
void set_network(const run_words& words, run_request& request) {
  const bool has_network = !words.listen.empty();
  refuse_unless(has_network, "--network", words.network, "a load with --listen");
  const auto& addresses = words.generator_addresses;
  refuse_unless(has_network, "--generator-addresses", addresses.empty() ? "" : addresses.front(),
                "a load with --listen");
  if (!has_network) return;
  if (words.generator_commands.empty()) {
    throw usage_error(
        "--listen: the load then comes from another host, so say how it is started there: "
        "--generator-command 'ssh -T HOST skein generator'");
  }
  if (words.network.empty()) {
    throw usage_error(
        "--listen: give the network a name with --network, for results over two "
        "networks are never compared");
  }
  if (!addresses.empty() && addresses.size() != words.generator_commands.size()) {
    throw usage_error(
        fmt::format("--generator-addresses: {} ranges for {} of --generator-command; "
                    "give one for each, in their order, or none",
                    addresses.size(), words.generator_commands.size()));
  }
  request.network = conductor::network_from(words.network, words.listen, addresses);
}

/// Each of several load generators carries a part of the load of one loop.
void check_generators(const run_request& request) {
  const auto count = static_cast<std::int64_t>(request.generator_commands.size());
  const auto* const served = request.asked.as<c10k::cell>();
  if (served == nullptr || count < 2) return;
  if (served->loops) {
    throw usage_error(
        "--loops: each loop has a load generator of its own, so give one "
        "--generator-command alone");
  }
  if (served->requests && *served->requests < count) {
    throw usage_error(fmt::format("--requests: {} for {} load generators; each needs one",
                                  *served->requests, count));
  }
  const std::int64_t parts = served->active.value_or(served->connections);
  if (parts >= count) return;
  throw usage_error(
      fmt::format("--generator-command: {} load generators share {} connections that "
                  "carry requests; each needs one",
                  count, parts));
}

void set_recording(const run_words& words, run_request& request) {
  if (!words.output.empty()) request.output = words.output;
  if (!words.session_id.empty()) request.session_id = words.session_id;
  request.run_meta = run_meta_from(words.run_meta);
  if (words.lock_fd >= 0) request.lock_fd = words.lock_fd;
  request.lock_file = words.lock_file.empty() ? conductor::default_lock_file() : words.lock_file;
  request.print_json = words.json;
}

}  // namespace

run_request request_for(const workloads::declaration& declared, const run_words& words) {
  run_request request;
  name_runtime(words, request.asked);
  set_cpus(words, request);  // which decide how many workers there are
  fill_cell(declared, words, request);
  set_rate_baseline(words, request);
  set_measuring(words, request);
  set_network(words, request);
  set_recording(words, request);
  check_stacks(request.asked);
  check_nesting(request.asked);
  check_handler(request.asked);
  check_generators(request);
  return request;
}

}  // namespace skein::cli
