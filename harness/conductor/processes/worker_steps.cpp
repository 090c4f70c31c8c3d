// Each step is one exchange, checked.
#include "harness/conductor/processes/worker_steps.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <utility>

#include "harness/conductor/processes/conditions.hpp"
#include "harness/protocol/protocol.hpp"
#include "workloads/all.hpp"

namespace skein::conductor {
namespace {

/// Called for every report of the worker: an error that is counted after the work is an error as
/// well.
void check_errors(child_process& worker, const json& message) {
  const auto errors = field<std::int64_t>(worker, message, "errors");
  if (errors == 0) return;
  std::string first = "not said";  // a foreign worker may leave it out
  if (message.contains("first_error") && message["first_error"].is_string()) {
    first = message["first_error"];
  }
  throw failed_by(worker, status::failed,
                  fmt::format("counted {} errors, first: {}", errors, first));
}

worker_counts counts_from(child_process& worker, const json& message) {
  worker_counts counts;
  counts.units = field<std::int64_t>(worker, message, "units");
  counts.bytes = field<std::int64_t>(worker, message, "bytes");
  counts.checksum = field<std::string>(worker, message, "checksum");
  counts.live_tasks = field<std::int64_t>(worker, message, "live_tasks");
  counts.live_connections = field<std::int64_t>(worker, message, "live_connections");
  check_errors(worker, message);
  if (const json lateness = message.value("lateness", json()); !lateness.is_null()) {
    counts.lateness = structure<measure::distribution>(worker, lateness, "lateness");
  }
  if (const json shares = message.value("shares", json()); !shares.is_null()) {
    counts.shares = structure<protocol::shared_out>(worker, shares, "shares");
  }
  if (const json hog = message.value("hog", json()); !hog.is_null()) {
    counts.hog = structure<protocol::hog_done>(worker, hog, "hog");
  }
  counts.spawn_ns = measure::integer_at(message, "spawn_ns");
  counts.fire_ns = measure::integer_at(message, "fire_ns");
  counts.frame_bytes = measure::integer_at(message, "frame_bytes");
  return counts;
}

/// A truth value that a worker may leave out.
std::optional<bool> flag(child_process& worker, const json& message, const char* name) {
  const auto found = message.find(name);
  if (found == message.end() || found->is_null()) return std::nullopt;
  if (found->is_boolean()) return found->get<bool>();
  throw failed_by(worker, status::failed,
                  fmt::format("sent a message without a usable '{}'", name));
}

worker_traits traits_from(child_process& worker, const json& hello) {
  worker_traits traits;
  worker_traits::for_each_field(traits, [&](const char* name, std::optional<bool>& value) {
    value = flag(worker, hello, name);
  });
  return traits;
}

/// The conditions with those traits that the worker has spoken of.
json with_traits(json conditions, const worker_traits& traits) {
  worker_traits::for_each_field(traits, [&](const char* name, const std::optional<bool>& value) {
    if (!value) return;
    if (conditions.is_null() || conditions.is_object()) conditions[name] = *value;
  });
  return conditions;
}

/// `ports` of a worker with several loops, otherwise `port`.
std::vector<std::int64_t> ports_of(child_process& worker, const json& ready) {
  if (ready.contains("ports")) return field<std::vector<std::int64_t>>(worker, ready, "ports");
  const auto only = measure::integer_at(ready, "port");
  return only ? std::vector<std::int64_t>{*only} : std::vector<std::int64_t>{};
}

/// Null, or what goes without saying.
bool asks_for_nothing(const workloads::field& field, const json& value) {
  return value.is_null() || (field.usual && value == json(*field.usual));
}

/// A worker in another language echoes fields that it does not know, so that it does what one asks
/// for it must have said.
void require_takers(const cell& asked, const json& hello) {
  const json fields = to_json(asked);
  const json taken = hello.value("takes", json::array());
  for (const workloads::field& field : workloads::declaration_of(asked.of).fields) {
    const std::string name(field.name);
    if (!field.announced || asks_for_nothing(field, fields.at(name))) continue;
    if (taken.is_array() && std::find(taken.begin(), taken.end(), name) != taken.end()) continue;
    limit_fact limit;
    limit.name = name;
    limit.message = fmt::format("{} does not take {}: its hello says so of those that do",
                                asked.runtime, field.option);
    throw cell_ended(limit);
  }
}

/// A worker that does not know `listen` is on loopback, where the load generator does not reach it.
void require_address(child_process& worker, const cell& asked, const json& ready,
                     const network_request& network) {
  const json address = ready.value("address", json());
  if (address.is_null()) {
    limit_fact limit;
    limit.name = "listen";
    limit.message = fmt::format(
        "{} listens on loopback alone: a worker that can listen elsewhere says its address when it "
        "is ready",
        asked.runtime);
    throw cell_ended(limit);
  }
  if (address != json(network.listen)) {
    throw failed_by(worker, status::failed,
                    fmt::format("listens on {}, not on {} as asked", measure::to_text(address),
                                network.listen));
  }
}

}  // namespace

time_ns soon() {
  return monotonic_clock::now_ns() + 10 * ns_per_s;
}
time_ns in_a_while() {
  return monotonic_clock::now_ns() + 60 * ns_per_s;
}

command_line worker_command(const run_request& request) {
  if (request.is_foreign()) {
    return {request.worker_command.front(), request.worker_command};
  }
  return {"/proc/self/exe", {"skein", "worker", "--runtime", request.asked.runtime}};
}

void handshake(conversation& talk, child_process& worker, const run_request& request, cell& asked,
               outcome& out) {
  const json hello = talk.expect(worker, "hello", soon());
  if (const auto version = field<int>(worker, hello, "protocol");
      version != protocol::protocol_version) {
    throw failed_by(worker, status::failed,
                    fmt::format("speaks protocol {}, not {}", version, protocol::protocol_version));
  }
  const auto runtime = field<std::string>(worker, hello, "runtime");
  if (runtime != asked.runtime) {
    throw failed_by(worker, status::failed,
                    "is mislabelled: asked for runtime " + asked.runtime + ", it is " + runtime);
  }
  if (const auto pid = field<std::int64_t>(worker, hello, "pid"); pid != worker.pid()) {
    throw failed_by(worker, status::failed,
                    fmt::format("is process {}, and {} was started: what is measured is that one; "
                                "a wrapper must exec the worker, in the same PID namespace",
                                pid, worker.pid()));
  }
  const auto style = field<std::string>(worker, hello, "style");
  if (asked.style && *asked.style != style) {
    throw failed_by(worker, status::failed,
                    "is mislabelled: asked for style " + *asked.style + ", it is " + style);
  }
  asked.style = style;
  if (const json loop = hello.value("loop", json()); !loop.is_null()) {
    out.loop = field<std::string>(worker, hello, "loop");
  }
  out.early_by_at_most_ns =
      std::max<time_ns>(measure::integer_at(hello, "early_by_at_most_ns").value_or(0), 0);
  out.traits = traits_from(worker, hello);
  const bool growing = out.traits.growing_stacks.value_or(false);
  if (growing && !cells::has_stacks(style)) {
    throw failed_by(worker, status::failed,
                    "says that its stacks grow, and tasks of style " + style + " have none");
  }
  if (growing || !cells::has_stacks(style)) asked.stack_bytes.reset();
  if (request.is_foreign()) require_takers(asked, hello);
}

std::vector<std::int64_t> prepare(conversation& talk, child_process& worker, const cell& asked,
                                  outcome& out, const std::optional<network_request>& network) {
  const json fields = to_json(asked);
  json message = {{"type", "prepare"}, {"workload", asked.workload()}, {"cell", fields}};
  if (network) message["listen"] = network->listen;
  const json ready = talk.ask(worker, message, "ready", in_a_while());
  out.echoed = field<json>(worker, ready, "echoed");
  out.conditions = with_traits(ready.value("conditions", json()), out.traits);
  auto differences = cells::echo_differences(fields, out.echoed);
  for (std::string& each : condition_differences(asked_conditions(asked), out.conditions)) {
    differences.push_back(std::move(each));
  }
  if (!differences.empty()) {
    throw failed_by(worker, status::failed,
                    fmt::format("is mislabelled: {}", fmt::join(differences, "; ")));
  }
  if (network) require_address(worker, asked, ready, *network);
  return ports_of(worker, ready);
}

void start(conversation& talk, child_process& worker) {
  talk.ask(worker, {{"type", "start"}}, "started", in_a_while());
}

void settle(conversation& talk, child_process& worker, const worker_traits& traits) {
  if (!traits.settles.value_or(false)) return;
  talk.wait_for_news(monotonic_clock::now_ns());  // takes in what has been said so far
  if (talk.has_come(worker, "settled", {})) {
    throw failed_by(worker, status::failed, "said 'settled' before it was asked to settle");
  }
  talk.ask(worker, {{"type", "settle"}}, "settled", in_a_while());
}

worker_counts ask_counts(conversation& talk, child_process& worker, time_ns deadline_ns) {
  return counts_from(worker, talk.ask(worker, {{"type", "stats"}}, "stats", deadline_ns));
}

worker_counts stop(conversation& talk, child_process& worker) {
  const worker_counts counts =
      counts_from(worker, talk.ask(worker, {{"type", "stop"}}, "stopped", in_a_while()));
  if (counts.live_tasks != 0 || counts.live_connections != 0) {
    throw failed_by(worker, status::failed,
                    fmt::format("stopped with {} tasks and {} connections alive", counts.live_tasks,
                                counts.live_connections));
  }
  talk.dismiss(worker, soon());
  return counts;
}

}  // namespace skein::conductor
