// SIGINT and SIGTERM as something to poll for, so that a run ends at a place of its own choosing.
#pragma once

namespace skein::conductor {

/// Blocks both signals for the process (children unblock them, child_process.cpp) and ignores those
/// that would end it while it writes: a lost pipe or a full file is an error code here.
/// One at a time; made before any thread.
class interrupts {
 public:
  interrupts();
  interrupts(const interrupts&) = delete;
  interrupts& operator=(const interrupts&) = delete;
  ~interrupts();

  [[nodiscard]] int descriptor() const noexcept { return fd_; }
  /// Throws `interrupted` when a signal has come.
  void check() const;

 private:
  int fd_;
};

}  // namespace skein::conductor
