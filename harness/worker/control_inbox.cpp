// One command at a time: the conductor waits for each reply, so a slow command (spawning threads)
// delays only the next one.
#include "harness/worker/control_inbox.hpp"

#include <exception>
#include <stdexcept>

#include "runtimes/clock.hpp"
#include "runtimes/errors.hpp"

namespace skein::worker {

control_inbox::control_inbox(protocol::line_channel& channel, workloads::program& program,
                             time_ns first_due_after_ns)
    : channel_(channel), program_(program), first_due_after_ns_(first_due_after_ns) {
  program_.on_finished(&control_inbox::finished, this);
}

void control_inbox::on_readable() noexcept {
  try {
    read_commands();
  } catch (const limit_error& limit) {
    report(ending::limit, limit_reply(limit));
  } catch (const std::exception& error) {
    report(ending::error, error_reply(error.what()));
  }
}

worker_times control_inbox::times() const {
  const std::lock_guard guard(writing_);
  return times_;
}

void control_inbox::say(const json& message) {
  const std::lock_guard guard(writing_);
  channel_.write_line(measure::to_text(message));
}

void control_inbox::read_commands() {
  const bool open = channel_.feed();
  while (auto line = channel_.next_line()) obey(json::parse(*line));
  if (!open) end(ending::conductor_gone);
}

void control_inbox::obey(const json& command) {
  const auto type = command.value("type", std::string());
  if (type == "stats") return say(counts_reply("stats", program_, times()));
  if (type == "stop") return end(ending::stopped);
  if (type == "phase" && command.value("name", std::string()) == "spawn") return spawn(command);
  throw std::invalid_argument("the worker knows phase spawn, stats and stop, not " +
                              measure::to_text(command));
}

void control_inbox::spawn(const json& command) {
  const auto tasks = command.at("tasks").get<std::size_t>();
  const auto epoch_ns = command.at("epoch_ns").get<time_ns>();
  first_due_ns_ = epoch_ns + first_due_after_ns_;
  const time_ns begin_ns = monotonic_clock::now_ns();
  program_.spawn_up_to(tasks, epoch_ns);
  const time_ns spawn_ns = monotonic_clock::now_ns() - begin_ns;
  {
    const std::lock_guard guard(writing_);
    times_.spawn_ns += spawn_ns;
  }
  say(spawned_reply(tasks, spawn_ns));
}

/// spawn happens-before the task that calls this, so it sees first_due_ns_.
void control_inbox::finished(void* self) {
  auto& inbox = *static_cast<control_inbox*>(self);
  const time_ns now_ns = monotonic_clock::now_ns();
  const std::lock_guard guard(inbox.writing_);
  inbox.times_.fire_ns = now_ns - inbox.first_due_ns_;
  try {
    inbox.channel_.write_line(measure::to_text(finished_reply(now_ns)));
  } catch (const std::exception&) {
    // The conductor is gone. The reading side will see the end of file and end the run.
  }
}

void control_inbox::end(ending how) noexcept {
  ending_ = how;
  program_.stop();
}

void control_inbox::report(ending how, const json& message) noexcept {
  try {
    say(message);
  } catch (const std::exception&) {
    how = ending::conductor_gone;
  }
  end(how);
}

}  // namespace skein::worker
