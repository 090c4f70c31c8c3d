// The conversation: hello, then prepare, connect (in steps), load, stop. While a load runs, the
// channel is looked at every few ms: `stop` or the loss of the conductor abandons the load; any
// other command waits.
#include "harness/generator/generator.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <sched.h>
#include <stdexcept>
#include <string>
#include <vector>

#include "harness/build_info.hpp"
#include "harness/generator/command_inbox.hpp"
#include "harness/generator/connections.hpp"
#include "harness/generator/exchange.hpp"
#include "harness/generator/handler_work.hpp"
#include "harness/generator/host_watch.hpp"
#include "harness/generator/load.hpp"
#include "harness/generator/messages.hpp"
#include "harness/generator/payload.hpp"
#include "harness/generator/report.hpp"
#include "harness/measure/file_hash.hpp"
#include "harness/measure/json.hpp"
#include "harness/protocol/protocol.hpp"
#include "runtimes/errors.hpp"

namespace skein::generator {
namespace {

/// What `prepare` sets up. The members point at each other, so the object does not move.
struct prepared {
  explicit prepared(const prepare_request& request)
      : plan(request),
        payloads(request.seed, request.payload_bytes, request.handler_work),
        handler_step_ns(measured_step_ns(request.handler_work)),
        table(request),
        requests(table, payloads) {}

  prepare_request plan;
  payload_pool payloads;
  std::optional<double> handler_step_ns;
  connection_table table;
  exchange requests;
};

/// The conductor may be a program on another host, so the generator says which build it is of.
json hello_message() {
  const bool known = !build_info::commit.empty();
  return {{"type", "hello"},
          {"protocol", protocol::protocol_version},
          {"version", build_info::version},
          {"commit", known ? json(build_info::commit) : json(nullptr)},
          {"dirty", known ? json(build_info::dirty) : json(nullptr)}};
}

class session {
 public:
  session(int command_fd, int reply_fd) : inbox_(command_fd, reply_fd) {}

  void run() {
    reply(hello_message());
    while (!inbox_.stopping()) {
      const auto line = inbox_.next();
      if (!line) return;
      answer(*line);
    }
    prepared_.reset();
    reply({{"type", "stopped"}});
  }

 private:
  void answer(const std::string& line) {
    try {
      const json message = json::parse(line);
      dispatch(message.at("type").get<std::string>(), message);
    } catch (const refusal& why) {
      reply({{"type", "refused"}, {"message", why.what()}});
    } catch (const limit_error& limit) {
      reply({{"type", "limit"},
             {"limit", limit.name},
             {"value", measure::or_null(limit.value)},
             {"needed", limit.needed},
             {"message", limit.what()},
             {"connected", connected()}});
    } catch (const std::exception& error) {
      reply({{"type", "error"}, {"message", error.what()}, {"connected", connected()}});
    }
  }

  void dispatch(const std::string& type, const json& message) {
    if (type == "identify") return identify();
    if (type == "prepare") return prepare(message);
    if (type == "connect") return connect(message);
    if (type == "load") return load(message);
    if (type == "survey") return survey();
    if (type == "account") return account();
    if (type == "stop") return;  // the inbox has noticed
    throw std::invalid_argument("unknown message type \"" + type +
                                "\"; known are prepare, connect, load, stop, identify, survey, "
                                "account, alive");
  }

  void identify() {
    const auto hash = measure::file_sha256("/proc/self/exe");
    reply({{"type", "identity"}, {"binary_sha256", measure::or_null(hash)}});
  }

  void prepare(const json& message) {
    if (prepared_) throw std::invalid_argument("prepare was already sent");
    const prepare_request plan = parse_prepare(message);
    const bool pinned = pin(plan);
    prepared_ = std::make_unique<prepared>(plan);
    reply({{"type", "ready"}, {"pinned", pinned}});
  }

  /// A command that starts the generator may be a client of another host, so the conductor cannot.
  bool pin(const prepare_request& plan) {
    if (plan.cpus.empty()) return false;
    if (pin_to(plan.cpus)) return true;
    if (!plan.cpus_are_asked_for) return false;
    throw refusal("--generator-cpus: the load generator may not use all of them on its host");
  }

  void connect(const json& message) {
    prepared& current = need_prepared();
    const std::uint32_t total = parse_connect(message, current.plan.connections);
    try {
      if (!current.table.connect_to(total, [this] { return inbox_.interrupted(); })) return;
    } catch (const limit_error& limit) {
      error_counts& errors = current.requests.errors();
      ++(limit.name == "RLIMIT_NOFILE" ? errors.descriptors : errors.connect);
      throw;
    } catch (const connect_error&) {
      ++current.requests.errors().connect;
      throw;
    }
    reply({{"type", "connected"}, {"connections", connected()}});
  }

  void load(const json& message) {
    prepared& current = need_prepared();
    const std::uint32_t active = current.plan.active;
    const load_request request = parse_load(message, active);
    // Churn makes its own connections, but in place of existing ones.
    const bool churn = request.mode == load_mode::churn;
    const std::uint32_t open =
        churn ? std::min(current.table.size(), active) : current.table.open_among(active);
    if (open < active) {
      throw std::runtime_error("load needs " + std::to_string(active) +
                               " active connections, open are " + std::to_string(open));
    }
    load_run run(current.table, current.requests, request, active, current.plan.seed,
                 {.window_begin = [this](time_ns warmup_ns) { begin_window(warmup_ns); },
                  .window_end = [this](time_ns window_ns) { end_window(window_ns); },
                  .interrupted = [this] { return inbox_.interrupted(); }});
    if (run.run()) reply(result_message(run, request, current.requests, current.handler_step_ns));
  }

  /// From here on the host is watched at both ends of a window.
  void survey() {
    constexpr std::size_t sockets = 100;
    const std::vector<int> open = need_prepared().table.some_open(sockets);
    if (open.empty()) throw std::runtime_error("survey needs a connection that is open");
    watch_.emplace(open);
    json message = {{"type", "survey"}};
    message.update(watch_->survey());
    reply(message);
  }

  void account() {
    const json found = watch_ ? watch_->account() : json();
    if (found.is_null()) throw std::runtime_error("account needs a survey, and then a load");
    json message = {{"type", "account"}};
    message.update(found);
    reply(message);
  }

  prepared& need_prepared() {
    if (!prepared_) throw std::invalid_argument("prepare must come first");
    return *prepared_;
  }

  std::uint32_t connected() const { return prepared_ ? prepared_->table.size() : 0; }

  /// The conductor now reads what the worker has used so far, and may have to run on this CPU.
  /// Without the yield it would run some milliseconds late, because this thread never sleeps.
  void begin_window(time_ns warmup_ns) {
    reply({{"type", "window_begin"}, {"warmup_ns", warmup_ns}});
    if (watch_) watch_->begin();
    ::sched_yield();
  }

  void end_window(time_ns window_ns) {
    reply({{"type", "window_end"}, {"duration_ns", window_ns}});
    if (watch_) watch_->end();
  }

  void reply(const json& message) { inbox_.reply(message); }

  command_inbox inbox_;
  std::unique_ptr<prepared> prepared_;
  std::optional<host_watch> watch_;  ///< for a conductor on another host
};

}  // namespace

int generator_main(int command_fd, int reply_fd) {
  std::signal(SIGPIPE, SIG_IGN);
  try {
    session(command_fd, reply_fd).run();
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "skein generator: %s\n", error.what());
    return 1;
  }
}

}  // namespace skein::generator
