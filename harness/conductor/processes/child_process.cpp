// fork, pin, exec. Between fork and exec only async-signal-safe calls are made (execvpe searches
// PATH without allocating, and there is one thread).
#include "harness/conductor/processes/child_process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <string_view>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/cells/defaults.hpp"
#include "runtimes/errors.hpp"

namespace skein::conductor {
namespace {

constexpr time_ns patience_ns = 2 * ns_per_s;
constexpr time_ns reap_again_ns = 2 * ns_per_ms;
constexpr int cannot_execute = 127;

struct pipe_pair {
  int read_end;
  int write_end;
};

pipe_pair make_pipe() {
  std::array<int, 2> ends{};
  checked(::pipe2(ends.data(), O_CLOEXEC), "pipe2");
  return {ends[0], ends[1]};
}

/// In the child: stderr is already the pipe, so the conductor shows this line.
[[noreturn]] void give_up(const char* what, const char* name = "") {
  const char* const why = ::strerrordesc_np(errno);
  const std::array<const char*, 6> parts{"cannot ", what, name, ": ", why == nullptr ? "?" : why,
                                         "\n"};
  for (const char* part : parts) {
    if (::write(STDERR_FILENO, part, std::strlen(part)) < 0) break;
  }
  ::_exit(cannot_execute);
}

/// Every child begins with the same signal handling, whatever this process was started with or has
/// set for itself.
void restore_signals() {
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (int number = 1; number < NSIG; ++number) std::signal(number, SIG_DFL);
}

bool sets_same_variable(std::string_view one, std::string_view other) {
  return one.substr(0, one.find('=')) == other.substr(0, other.find('='));
}

/// This process's environment with `more` added; the pointers lead into both.
std::vector<char*> environment_with(const std::vector<std::string>& more) {
  std::vector<char*> words;
  for (char** word = ::environ; *word != nullptr; ++word) {
    const bool replaced = std::any_of(more.begin(), more.end(), [&](const std::string& each) {
      return sets_same_variable(each, *word);
    });
    if (!replaced) words.push_back(*word);
  }
  for (const std::string& word : more) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  return words;
}

[[noreturn]] void become(const char* file, char* const* argv, char* const* environment,
                         const cpu_set_t* cpus, pid_t parent, int in, int out, int err) {
  // dup2 clears close-on-exec; the pipes lie above 2 (main keeps 0, 1 and 2 open).
  if (::dup2(err, STDERR_FILENO) < 0 || ::dup2(in, STDIN_FILENO) < 0 ||
      ::dup2(out, STDOUT_FILENO) < 0) {
    ::_exit(cannot_execute);
  }
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(cannot_execute);
  // Kept over execve (man 2 prctl), so a worker that cannot set it has it all the same.
  if (::prctl(PR_SET_TIMERSLACK, cells::defaults::timer_slack_ns) != 0) {
    give_up("set the timer slack");
  }
  if (cpus != nullptr && ::sched_setaffinity(0, sizeof *cpus, cpus) != 0) give_up("pin to CPUs");
  restore_signals();
  ::execvpe(file, argv, environment);
  give_up("execute ", file);
}

process_end decode(int wait_status) {
  process_end end;
  if (WIFSIGNALED(wait_status)) end.signal = WTERMSIG(wait_status);
  if (WIFEXITED(wait_status)) end.exit_status = WEXITSTATUS(wait_status);
  return end;
}

void sleep_for(time_ns duration_ns) {
  const timespec duration{duration_ns / ns_per_s, duration_ns % ns_per_s};
  ::nanosleep(&duration, nullptr);
}

}  // namespace

void line_tail::add(const char* data, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    if (data[i] != '\n') {
      if (partial_.size() < max_line_bytes) partial_ += data[i];
      continue;
    }
    lines_.push_back(std::move(partial_));
    partial_.clear();
    if (lines_.size() > max_lines) lines_.pop_front();
  }
}

std::vector<std::string> line_tail::lines() const {
  std::vector<std::string> all(lines_.begin(), lines_.end());
  if (!partial_.empty()) all.push_back(partial_);
  return all;
}

child_process::child_process(std::string name, const command_line& command,
                             const std::vector<int>& cpus)
    : name_(std::move(name)), channel_(-1, -1) {
  std::vector<char*> arguments;
  for (const std::string& word : command.argv) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const std::vector<char*> environment = environment_with(command.environment);
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int cpu : cpus) CPU_SET(static_cast<unsigned>(cpu), &set);
  const pid_t parent = ::getpid();
  const pipe_pair in = make_pipe();
  const pipe_pair out = make_pipe();
  const pipe_pair err = make_pipe();

  pid_ = checked(::fork(), "fork");
  if (pid_ == 0) {
    become(command.file.c_str(), arguments.data(), environment.data(),
           cpus.empty() ? nullptr : &set, parent, in.read_end, out.write_end, err.write_end);
  }
  stops_.emplace(pid_);
  ::setpgid(pid_, pid_);  // parent and child both do it, whichever is first
  ::close(in.read_end);
  ::close(out.write_end);
  ::close(err.write_end);
  command_fd_ = in.write_end;
  reply_fd_ = out.read_end;
  stderr_fd_ = err.read_end;
  channel_ = protocol::line_channel(reply_fd_, command_fd_);
}

child_process::~child_process() {
  end();
  ::close(reply_fd_);
  if (stderr_fd_ >= 0) ::close(stderr_fd_);
}

void child_process::drain_stderr() {
  std::array<char, 4096> chunk{};
  // Bounded, so that a child that never stops writing does not hold up the conductor.
  for (int reads = 0; reads < 64 && stderr_fd_ >= 0; ++reads) {
    pollfd entry{stderr_fd_, POLLIN, 0};
    if (::poll(&entry, 1, 0) <= 0) return;
    const ssize_t got = ::read(stderr_fd_, chunk.data(), chunk.size());
    if (got > 0) {
      tail_.add(chunk.data(), static_cast<std::size_t>(got));
    } else if (got == 0 || (errno != EINTR && errno != EAGAIN)) {
      ::close(stderr_fd_);
      stderr_fd_ = -1;
    }
  }
}

std::optional<process_end> child_process::wait_until(time_ns deadline_ns) {
  while (!ended_) {
    drain_stderr();  // a full pipe would keep the child from ending
    int wait_status = 0;
    const pid_t reaped = ::waitpid(pid_, &wait_status, WNOHANG);
    if (reaped == pid_) {
      ended_ = decode(wait_status);
      drain_stderr();
    } else if (monotonic_clock::now_ns() >= deadline_ns) {
      return std::nullopt;
    } else {
      sleep_for(reap_again_ns);
    }
  }
  return ended_;
}

process_end child_process::end() {
  close_input();
  if (!ended_) {
    signal_group(SIGTERM);
    if (!wait_until(monotonic_clock::now_ns() + patience_ns)) {
      signal_group(SIGKILL);
      int wait_status = 0;
      while (::waitpid(pid_, &wait_status, 0) < 0 && errno == EINTR) {
      }
      ended_ = decode(wait_status);
    }
  }
  signal_group(SIGKILL);  // ends whatever the child had started
  return *ended_;
}

void child_process::close_input() {
  if (command_fd_ >= 0) ::close(command_fd_);
  command_fd_ = -1;
}

void child_process::signal_group(int number) const {
  ::kill(-pid_, number);
}

std::string signal_name(int number) {
  const char* const name = ::sigabbrev_np(number);
  return "SIG" + (name == nullptr ? std::to_string(number) : std::string(name));
}

}  // namespace skein::conductor
