// How long a child was stopped by a signal: SIGSTOP by a person or a tool that limits CPU, SIGTSTP.
// The kernel tells a parent of each stop and each continuation, once, but not when it was. So
// whoever wants times looks as soon as SIGCHLD comes, and every now and then (conversation.cpp).
#pragma once

#include <optional>
#include <sys/types.h>

#include "runtimes/clock.hpp"

namespace skein::conductor {

class stop_record {
 public:
  /// A child that has just been made.
  explicit stop_record(pid_t child) : child_(child), looked_ns_(monotonic_clock::now_ns()) {}

  /// Takes in what has become of it. A stop that was over before it was seen counts from the look
  /// before: its length is not known, and at most that.
  void look();

  /// Until now, a stop that still lasts included. Looks first.
  [[nodiscard]] time_ns total_ns();

 private:
  pid_t child_;
  time_ns looked_ns_;
  std::optional<time_ns> since_ns_;
  time_ns total_ns_ = 0;
};

}  // namespace skein::conductor
