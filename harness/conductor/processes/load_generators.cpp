// Generators on one host work one after the other where that is measured: two at once would measure
// each other. Connecting is not, and those that have a CPU each connect together. Those of several
// commands are on several hosts, and send a load together (joint_load.hpp).
#include "harness/conductor/processes/load_generators.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>
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
json fields_of_network(const network_request& network, std::size_t which, const c10k::cell& asked) {
  const auto& ranges = network.clients;
  const address_range own =
      ranges.empty() ? address_range{"0.0.0.0", 1} : ranges[std::min(which, ranges.size() - 1)];
  return {{"server", network.listen},
          {"first_address", own.first},
          {"addresses", own.count},
          {"pending", pending_connects()},
          {"in_order", asked.mode != c10k::mode::churn}};
}

json fields_of_pins(const cpu_request& cpus) {
  return {{"cpus", cpus.cpus}, {"cpus_are_asked_for", cpus.explicitly}};
}

}  // namespace

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

load_generators::load_generators(std::int64_t loops, commands started_by,
                                 const std::vector<int>& cpus)
    : commands_(std::move(started_by)), at_once_(std::max(cpus.size(), commands_.size())) {
  const std::size_t count = std::max(static_cast<std::size_t>(loops), commands_.size());
  for (std::size_t i = 0; i < count; ++i) {
    command_line program{"/proc/self/exe", {"skein", "generator"}};
    if (!commands_.empty()) program = {command_of(i).front(), command_of(i)};
    members_.push_back(std::make_unique<child_process>("generator", program, cpus));
  }
  connected_.resize(members_.size());
}

/// One command starts the generators of all loops.
const std::vector<std::string>& load_generators::command_of(std::size_t which) const {
  return commands_[std::min(which, commands_.size() - 1)];
}

void load_generators::join(conversation& talk) {
  for (std::size_t i = 0; i < members_.size(); ++i) {
    std::string unheard;
    if (!commands_.empty()) {
      unheard = fmt::format(
          "; it had not said hello yet, and its command is '{}': that must start skein generator, "
          "and print nothing of its own to standard output",
          fmt::join(command_of(i), " "));
    }
    talk.add(*members_[i], std::move(unheard));
  }
}

void load_generators::greet(conversation& talk) {
  for (const auto& each : members_) {
    const json hello = talk.expect(*each, "hello", in_a_while());
    require_this_build(*each, hello);
    if (commands_.empty()) continue;
    talk.keep_in_touch(*each);
    require_this_program(talk.ask(*each, {{"type", "identify"}}, "identity", in_a_while()));
  }
}

std::vector<child_process*> load_generators::processes() const {
  std::vector<child_process*> all;
  for (const auto& each : members_) all.push_back(each.get());
  return all;
}

std::vector<bool> load_generators::prepare(conversation& talk, const run_request& request,
                                           const std::vector<std::int64_t>& ports) {
  const c10k::cell& asked = std::get<c10k::cell>(request.asked.of);
  const bool exchanges = request.how.as<c10k::measuring>().exchange.has_value();
  std::vector<bool> pinned;
  total_ = asked.connections;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const std::int64_t own = part(total_, i);
    json message = {{"type", "prepare"},
                    {"port", ports.at(std::min(i, ports.size() - 1))},
                    {"connections", own},
                    {"active", exchanges ? own : part(asked.active.value_or(0), i)},
                    {"payload_bytes", asked.payload_bytes.value_or(c10k::usual::payload_bytes)},
                    {"handler_work", measure::or_null(asked.handler_work)},
                    {"seed", request.asked.seed + i},  // no two generators send the same
                    {"addresses", cells::defaults::client_addresses}};
    if (request.network) message.update(fields_of_network(*request.network, i, asked));
    if (!commands_.empty()) message.update(fields_of_pins(request.generator_cpus));
    const json ready = talk.ask(*members_[i], message, "ready", in_a_while());
    pinned.push_back(ready.value("pinned", json()) == json(true));
  }
  return pinned;
}

void load_generators::connect(conversation& talk, std::int64_t total) {
  std::vector<std::size_t> behind;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    if (part(total, i) != connected_[i]) behind.push_back(i);
  }
  for (std::size_t begun = 0, ended = 0; ended < behind.size(); ++ended) {
    for (; begun < std::min(ended + at_once_, behind.size()); ++begun) {
      const std::size_t which = behind[begun];
      connected_[which] = part(total, which);
      talk.say(*members_[which], {{"type", "connect"}, {"connections", connected_[which]}});
    }
    talk.expect(*members_[behind[ended]], "connected", talk.cell_deadline_ns());
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

void load_generators::begin_load(conversation& talk, const json& load, std::int64_t active) {
  for (std::size_t i = 0; i < members_.size(); ++i) {
    json own = load;
    const double share =
        active > 0 ? static_cast<double>(part(active, i)) / static_cast<double>(active) : 1.0;
    if (load.at("rate_per_s").is_number() && members_.size() > 1) {
      own["rate_per_s"] = share * load.at("rate_per_s").get<double>();
    }
    for (const char* name : {"requests", "warmup_requests"}) {
      const auto all = measure::integer_at(load, name);
      if (all) own[name] = part(*all, i);
    }
    talk.say(*members_[i], own);
  }
}

/// Those of several loops are on one host, and the first speaks for it.
std::size_t load_generators::hosts() const {
  return std::max<std::size_t>(commands_.size(), 1);
}

void load_generators::survey(conversation& talk, network_outcome& out) {
  for (std::size_t i = 0; i < hosts(); ++i) {
    child_process& its = *members_[i];
    const json said = talk.ask(its, {{"type", "survey"}}, "survey", in_a_while());
    far_end& there = out.generators.at(i);
    there.end = structure<measure::network_end>(its, field<json>(its, said, "end"), "end");
    there.environment = field<json>(its, said, "environment");
    there.environment_hash = field<std::string>(its, said, "environment_hash");
    there.round_trip =
        structure<measure::round_trips>(its, field<json>(its, said, "round_trip"), "round_trip");
  }
}

void load_generators::account(conversation& talk, network_outcome& out) {
  for (std::size_t i = 0; i < hosts(); ++i) {
    child_process& its = *members_[i];
    const json said = talk.ask(its, {{"type", "account"}}, "account", in_a_while());
    far_end& there = out.generators.at(i);
    there.counts =
        structure<measure::network_counts>(its, field<json>(its, said, "counts"), "counts");
    there.host = field<json>(its, said, "host");
    const auto cpus = field<std::vector<int>>(its, said, "cpus");
    there.cpus = cpus;
    there.steal_ns = by_cpu(there.host, "steal_ns", cpus);
    there.foreign_ns = by_cpu(there.host, "foreign_cpu_ns", cpus);
  }
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
