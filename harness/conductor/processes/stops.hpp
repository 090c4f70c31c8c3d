// How long a child was stopped by a signal: SIGSTOP from a person or a tool that limits CPU, or
// SIGTSTP. The kernel reports each stop and each continuation to the parent once, but not when it
// happened. So the parent looks as soon as SIGCHLD comes, and every now and then
// (conversation.cpp).
#pragma once

#include <optional>
#include <sys/types.h>

#include "runtimes/clock.hpp"

namespace skein::conductor {

class stop_record {
 public:
  /// A child that has just been made.
  explicit stop_record(pid_t child) : child_(child), looked_ns_(monotonic_clock::now_ns()) {}

  /// Looks at the child's state. A stop that was over before it was seen is counted from the
  /// previous look: its length is not known, and is at most that.
  void look();

  /// The total so far, including a stop that still lasts. Looks first.
  [[nodiscard]] time_ns total_ns();

 private:
  pid_t child_;
  time_ns looked_ns_;
  std::optional<time_ns> since_ns_;
  time_ns total_ns_ = 0;
};

}  // namespace skein::conductor
