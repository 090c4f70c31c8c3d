// Before the program runs, commands are read one by one, blocking. From then on they come in
// through the inbox, on the program's own loop, so that measuring costs no thread.
#include "harness/worker/worker_main.hpp"

#include <cassert>
#include <cstdio>
#include <exception>
#include <fmt/format.h>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <unistd.h>

#include "harness/cells/parameters.hpp"
#include "harness/cells/units.hpp"
#include "harness/measure/limits.hpp"
#include "harness/protocol/line_channel.hpp"
#include "harness/worker/conditions.hpp"
#include "harness/worker/control_inbox.hpp"
#include "harness/worker/process_setup.hpp"
#include "runtimes/listen_address.hpp"
#include "runtimes/shared/stack_overflow.hpp"
#include "workloads/all.hpp"

namespace skein::worker {
namespace {

/// Reports on stderr for people and on the channel for the conductor.
void report_overflows(const runtime_info& runtime, const workloads::parameters& given,
                      int reply_fd) {
  std::string what = fmt::format("stack overflow: a task of {} left its stack", runtime.id);
  if (runtime.takes_stack_bytes()) {
    what += fmt::format(" of {}; --stack-bytes gives it more",
                        cells::format_size(static_cast<std::int64_t>(given.options.stack_bytes)));
  } else {
    what += ", whose size is the system's; ulimit -s gives it more";
  }
  stack_overflow::report({{reply_fd, measure::to_text(error_reply(what)) + "\n"},
                          {STDERR_FILENO, "skein worker: " + what + "\n"}});
}

/// The next command, which must be of this type; empty when the conductor is gone or says stop.
std::optional<json> next_command(protocol::line_channel& channel, const std::string& type) {
  const auto line = channel.read_line();
  if (!line) return std::nullopt;
  json command = json::parse(*line);
  const auto got = command.value("type", std::string());
  if (got == "stop") return std::nullopt;
  if (got != type) throw std::invalid_argument("expected " + type + ", got " + *line);
  return command;
}

void say(protocol::line_channel& channel, const json& message) {
  channel.write_line(measure::to_text(message));
}

int run_program(protocol::line_channel& channel, workloads::program& program,
                const workloads::parameters& given) {
  control_inbox inbox(channel, program, workloads::timing_of(given.of).first_due_ns);
  inbox.say({{"type", "started"}});
  program.run(inbox);
  if (inbox.how() == ending::stopped) inbox.say(counts_reply("stopped", program, inbox.times()));
  return inbox.how() == ending::error ? 1 : 0;
}

int serve(const runtime_info& runtime, protocol::line_channel& channel, int reply_fd,
          program_factory make) {
  say(channel, hello_reply(runtime));
  const auto prepare = next_command(channel, "prepare");
  if (!prepare) return 0;
  const auto asked = cells::cell_from_json(prepare->at("cell"));
  const auto parameters = parameters_for(asked);
  if (prepare->contains("listen")) listen_at(prepare->at("listen").get<std::string>());
  measure::raise_soft_limits();
  report_overflows(runtime, parameters, reply_fd);
  const auto program = make(runtime.id, parameters);
  say(channel, ready_reply(echo_of(asked, parameters, runtime),
                           conditions_of(runtime, parameters, *program), program->ports()));
  if (!next_command(channel, "start")) return 0;
  return run_program(channel, *program, parameters);
}

/// The channel may be what failed, so stderr gets the message as well.
int complain(protocol::line_channel& channel, const std::exception& error) noexcept {
  std::fprintf(stderr, "skein worker: %s\n", error.what());
  try {
    say(channel, error_reply(error.what()));
  } catch (const std::exception&) {
    std::fprintf(stderr, "skein worker: the conductor is gone\n");
  }
  return 1;
}

}  // namespace

int worker_main(std::string_view runtime, int command_fd, int reply_fd) {
  return worker_main(runtime, command_fd, reply_fd, &workloads::make_program);
}

int worker_main(std::string_view runtime, int command_fd, int reply_fd, program_factory make) {
  const runtime_info* const known = workloads::runtime_named(runtime);
  assert(known != nullptr);
  return worker_main(*known, command_fd, reply_fd, make);
}

int worker_main(const runtime_info& runtime, int command_fd, int reply_fd, program_factory make) {
  protocol::line_channel channel(command_fd, reply_fd);
  try {
    set_up_process();
    return serve(runtime, channel, reply_fd, make);
  } catch (const limit_error& limit) {
    say(channel, limit_reply(limit));
    return 0;
  } catch (const std::exception& error) {
    return complain(channel, error);
  }
}

}  // namespace skein::worker
