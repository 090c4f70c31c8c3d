// The generators work one after the other: two at once would measure each other.
#include "harness/conductor/processes/load_generators.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>

#include "harness/build_info.hpp"
#include "harness/cells/defaults.hpp"
#include "harness/cells/usage_error.hpp"
#include "harness/conductor/processes/worker_steps.hpp"
#include "harness/measure/file_hash.hpp"
#include "harness/measure/limits.hpp"
#include "harness/protocol/protocol.hpp"
#include "workloads/c10k/sharded.hpp"

namespace skein::conductor {
namespace {

std::uint64_t number_of(const std::string& checksum) {
  std::uint64_t value = 0;
  const auto [end, error] =
      std::from_chars(checksum.data(), checksum.data() + checksum.size(), value, 16);
  if (error != std::errc() || end != checksum.data() + checksum.size()) {
    throw std::invalid_argument("no checksum: " + checksum);
  }
  return value;
}

measure::distribution merged(const std::optional<measure::distribution>& sum,
                             const measure::distribution& more) {
  if (!sum) return more;
  histogram both = measure::histogram_of(*sum);
  both.merge(measure::histogram_of(more));
  return measure::distribution_of(both);
}

std::int64_t sum_of(const protocol::error_counts& errors) {
  std::uint64_t sum = 0;
  protocol::error_counts::for_each_field(
      errors, [&](const char* /*kind*/, std::uint64_t count) { sum += count; });
  return static_cast<std::int64_t>(sum);
}

/// "skein 0.1.0 of commit 4711", as the program at one end says of itself.
std::string build_text(const std::string& version, const std::string& commit) {
  return fmt::format("skein {} of {}", version,
                     commit.empty() ? "no known commit" : "commit " + commit);
}

[[noreturn]] void refuse_build(const std::string& theirs) {
  throw cells::usage_error(fmt::format(
      "--generator-command: the load generator is {}, and this is {}: both ends of a load must be "
      "one build, so copy this program to where the command finds it",
      theirs, build_text(std::string(build_info::version), std::string(build_info::commit))));
}

void require_this_build(child_process& generator, const json& hello) {
  const auto version = field<std::string>(generator, hello, "version");
  const json commit = hello.value("commit", json());
  const std::string known = commit.is_string() ? commit.get<std::string>() : "";
  const bool same = field<int>(generator, hello, "protocol") == protocol::protocol_version &&
                    version == build_info::version && known == build_info::commit;
  if (!same) refuse_build(build_text(version, known));
}

/// Builds of one commit may still differ: in what was not committed, or in their compiler.
void require_this_program(const json& identity) {
  const auto ours = measure::file_sha256("/proc/self/exe");
  const json theirs = identity.value("binary_sha256", json());
  if (!ours || !theirs.is_string() || theirs.get<std::string>() == *ours) return;
  refuse_build("another program of the same commit");
}

/// A figure of a record's `host` on some of its CPUs; those of which it is not known are left out.
std::map<int, time_ns> by_cpu(const json& host, const char* name, const std::vector<int>& cpus) {
  std::map<int, time_ns> found;
  const json all = host.is_object() ? host.value(name, json()) : json();
  if (!all.is_object()) return found;
  for (const int cpu : cpus) {
    const auto ns = measure::integer_at(all, std::to_string(cpu).c_str());
    if (ns) found.emplace(cpu, *ns);
  }
  return found;
}

/// How many connects may be under way: by the worker's backlog, which is this machine's.
std::int64_t pending_connects() {
  constexpr std::int64_t most = 128;
  return std::clamp<std::int64_t>(measure::read_limits().somaxconn.value_or(most), 1, most);
}

/// Churn resets its connections, or their ports would soon be used up.
json fields_of_network(const network_request& network, const c10k::cell& asked) {
  const bool any = network.first_address.empty();
  return {{"server", network.listen},
          {"first_address", any ? "0.0.0.0" : network.first_address},
          {"addresses", network.addresses},
          {"pending", pending_connects()},
          {"in_order", asked.mode != c10k::mode::churn}};
}

json fields_of_pins(const cpu_request& cpus) {
  return {{"cpus", cpus.cpus}, {"cpus_are_asked_for", cpus.explicitly}};
}

}  // namespace

protocol::load_report expect_report(conversation& talk, child_process& generator) {
  json result = talk.expect(generator, "result", talk.cell_deadline_ns());
  result.erase("type");
  return structure<protocol::load_report>(generator, result, "");
}

void add_report(exchange_outcome& sum, const protocol::load_report& report) {
  sum.units += report.work.units;
  sum.bytes += report.work.bytes;
  sum.checksum += number_of(report.work.checksum);
  sum.expected_checksum += number_of(report.work.expected_checksum);
  sum.wrong_bytes += static_cast<std::int64_t>(report.wrong_bytes);
  sum.errors += sum_of(report.load.errors);
  sum.duration_ns += report.window.duration_ns;
  sum.kept_ns += report.load.away_ns;
  sum.latency = merged(sum.latency, report.service_time);
}

load_generators::load_generators(std::int64_t count, std::vector<std::string> command,
                                 const std::vector<int>& cpus)
    : command_(std::move(command)) {
  command_line program{"/proc/self/exe", {"skein", "generator"}};
  if (!command_.empty()) program = {command_.front(), command_};
  for (std::int64_t i = 0; i < count; ++i) {
    members_.push_back(std::make_unique<child_process>("generator", program, cpus));
  }
  connected_.resize(members_.size());
}

void load_generators::join(conversation& talk) {
  std::string unheard;
  if (!command_.empty()) {
    unheard = fmt::format(
        "; it had not said hello yet, and its command is '{}': that must start skein generator, "
        "and print nothing of its own to standard output",
        fmt::join(command_, " "));
  }
  for (const auto& each : members_) talk.add(*each, unheard);
}

void load_generators::greet(conversation& talk) {
  for (const auto& each : members_) {
    const json hello = talk.expect(*each, "hello", command_.empty() ? soon() : in_a_while());
    require_this_build(*each, hello);
    if (command_.empty()) continue;
    talk.keep_in_touch(*each);
    require_this_program(talk.ask(*each, {{"type", "identify"}}, "identity", in_a_while()));
  }
}

std::vector<child_process*> load_generators::processes() const {
  std::vector<child_process*> all;
  for (const auto& each : members_) all.push_back(each.get());
  return all;
}

bool load_generators::prepare(conversation& talk, const run_request& request,
                              const std::vector<std::int64_t>& ports) {
  const c10k::cell& asked = std::get<c10k::cell>(request.asked.of);
  const bool exchanges = request.how.as<c10k::measuring>().exchange.has_value();
  bool pinned = true;
  total_ = asked.connections;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const std::int64_t own = part(total_, i);
    json message = {{"type", "prepare"},
                    {"port", ports.at(i)},
                    {"connections", own},
                    {"active", exchanges ? own : asked.active.value_or(0)},
                    {"payload_bytes", asked.payload_bytes.value_or(c10k::usual::payload_bytes)},
                    {"handler_work", measure::or_null(asked.handler_work)},
                    {"seed", request.asked.seed + i},  // no two generators send the same
                    {"addresses", cells::defaults::client_addresses}};
    if (request.network) message.update(fields_of_network(*request.network, asked));
    if (!command_.empty()) message.update(fields_of_pins(request.generator_cpus));
    const json ready = talk.ask(*members_[i], message, "ready", in_a_while());
    pinned = pinned && ready.value("pinned", json()) == json(true);
  }
  return pinned;
}

void load_generators::connect(conversation& talk, std::int64_t total) {
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const std::int64_t own = part(total, i);
    if (own == connected_[i]) continue;
    talk.ask(*members_[i], {{"type", "connect"}, {"connections", own}}, "connected",
             talk.cell_deadline_ns());
    connected_[i] = own;
  }
}

exchange_outcome load_generators::exchange(conversation& talk, std::int64_t in_flight) {
  exchange_outcome sum;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    child_process& each = *members_[i];
    talk.say(each, {{"type", "load"},
                    {"mode", "once"},
                    {"in_flight", in_flight},
                    {"warmup_ns", 0},
                    {"warmup_requests", 0},
                    {"requests", connected_[i]}});
    talk.expect(each, "window_begin", talk.cell_deadline_ns());
    talk.expect(each, "window_end", talk.cell_deadline_ns());
    add_report(sum, expect_report(talk, each));
  }
  return sum;
}

/// One generator carries the load. Those of several loops are on one host, and the first speaks for
/// it.
void load_generators::survey(conversation& talk, network_outcome& out) {
  child_process& first = *members_.front();
  const json said = talk.ask(first, {{"type", "survey"}}, "survey", in_a_while());
  far_end& there = out.generators.front();
  there.end = structure<measure::network_end>(first, field<json>(first, said, "end"), "end");
  there.environment = field<json>(first, said, "environment");
  there.environment_hash = field<std::string>(first, said, "environment_hash");
  there.round_trip = structure<measure::round_trips>(first, field<json>(first, said, "round_trip"),
                                                     "round_trip");
}

void load_generators::account(conversation& talk, network_outcome& out) {
  child_process& first = *members_.front();
  const json said = talk.ask(first, {{"type", "account"}}, "account", in_a_while());
  far_end& there = out.generators.front();
  there.counts =
      structure<measure::network_counts>(first, field<json>(first, said, "counts"), "counts");
  there.host = field<json>(first, said, "host");
  const auto cpus = field<std::vector<int>>(first, said, "cpus");
  there.cpus = cpus;
  there.steal_ns = by_cpu(there.host, "steal_ns", cpus);
  there.foreign_ns = by_cpu(there.host, "foreign_cpu_ns", cpus);
}

void load_generators::stop(conversation& talk) {
  for (const auto& each : members_) {
    talk.ask(*each, {{"type", "stop"}}, "stopped", in_a_while());
    talk.dismiss(*each, soon());
  }
}

std::int64_t load_generators::part(std::int64_t total, std::size_t which) const {
  return static_cast<std::int64_t>(
      c10k::part_of(static_cast<std::size_t>(total), members_.size(), which));
}

}  // namespace skein::conductor
