// One child of the conductor: started on its CPUs, spoken to over pipes, never left behind. Leaves
// out waiting for its messages (conversation.hpp).
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "harness/conductor/processes/stops.hpp"
#include "harness/protocol/line_channel.hpp"
#include "runtimes/clock.hpp"

namespace skein::conductor {

/// How a process ended: one of the two is set.
struct process_end {
  std::optional<int> exit_status;
  std::optional<int> signal;
};

/// What to execute: a file (searched for in PATH) and its arguments, the name first.
struct command_line {
  std::string file;
  std::vector<std::string> argv;
  /// "NAME=VALUE" words, added to this process's environment or replacing values in it.
  std::vector<std::string> environment = {};
};

/// The last lines of a stream, bounded in number and length.
class line_tail {
 public:
  void add(const char* data, std::size_t size);
  [[nodiscard]] std::vector<std::string> lines() const;

 private:
  static constexpr std::size_t max_lines = 20;
  static constexpr std::size_t max_line_bytes = 400;
  std::deque<std::string> lines_;
  std::string partial_;
};

/// A running process with pipes on descriptors 0, 1 and 2.
///
/// How it is kept from being left behind:
/// 1. It is the leader of its own process group, so that whatever it starts can be ended with it.
///    (It also means that Ctrl-C at a terminal reaches the conductor alone, which then decides.)
/// 2. It dies with the conductor (PR_SET_PDEATHSIG), and reads an end of file when the conductor is
///    gone.
/// 3. The destructor closes its input, sends SIGTERM, waits up to two seconds, sends SIGKILL to the
///    group, and reaps it.
class child_process {
 public:
  /// Forks and executes the command on `cpus` (empty: any CPU that the parent may use), with the
  /// timer slack that every worker has. A command that cannot be executed shows as exit status 127
  /// with a line on stderr. Throws std::system_error when no process can be made. The caller has a
  /// single thread.
  child_process(std::string name, const command_line& command, const std::vector<int>& cpus);
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;
  ~child_process();

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  [[nodiscard]] protocol::line_channel& channel() noexcept { return channel_; }
  [[nodiscard]] int reply_fd() const noexcept { return reply_fd_; }
  /// -1 after its end of file.
  [[nodiscard]] int stderr_fd() const noexcept { return stderr_fd_; }

  /// Reads what stderr holds now.
  void drain_stderr();
  [[nodiscard]] std::vector<std::string> stderr_lines() const { return tail_.lines(); }

  /// Call it soon after SIGCHLD has come; see stops.hpp.
  void look_for_stops() { stops_->look(); }
  /// How long signals have stopped it so far.
  [[nodiscard]] time_ns stopped_ns() { return stops_->total_ns(); }

  /// Waits until it has ended, at most until the deadline.
  std::optional<process_end> wait_until(time_ns deadline_ns);
  /// Ends it now, by force if asking does not help; returns how it ended.
  process_end end();

 private:
  void close_input();
  void signal_group(int number) const;

  std::string name_;
  pid_t pid_ = -1;
  int command_fd_ = -1;
  int reply_fd_ = -1;
  int stderr_fd_ = -1;
  protocol::line_channel channel_;
  line_tail tail_;
  std::optional<stop_record> stops_;
  std::optional<process_end> ended_;
};

/// "SIGSEGV"; "SIG34" for those without a name.
std::string signal_name(int number);

}  // namespace skein::conductor
