// Signals that can be polled for: SIGINT and SIGTERM, so that a run ends at a point of its own
// choosing, and SIGCHLD, so that a child's stop or end is noticed when it happens.
#pragma once

namespace skein::conductor {

/// Blocks these signals for the process (children unblock them, child_process.cpp). Ignores those
/// that would end it while it writes: here a lost pipe or a full file is an error code. Resets
/// SIGCHLD if the caller ignored it, which children inherit: the kernel would then reap a child
/// before anybody could ask how it ended. One object at a time, made before any thread and any
/// child.
class interrupts {
 public:
  interrupts();
  interrupts(const interrupts&) = delete;
  interrupts& operator=(const interrupts&) = delete;
  ~interrupts();

  [[nodiscard]] int descriptor() const noexcept { return fd_; }
  /// Throws `interrupted` when a signal has come.
  void check() const;

  /// Readable once a child was stopped, went on or ended, until heard_of_children().
  [[nodiscard]] int child_descriptor() const noexcept { return child_fd_; }
  void heard_of_children() const;

 private:
  int fd_;
  int child_fd_;
};

}  // namespace skein::conductor
