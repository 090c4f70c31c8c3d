// What the styles share where reads have a deadline: how long, and what it means that one passed.
#pragma once

#include <cerrno>

#include "runtimes/clock.hpp"
#include "workloads/c10k/counters.hpp"
#include "workloads/c10k/parameters.hpp"

namespace skein::c10k {

/// What the connections share, with their reads' timeout.
template <workloads::tasks_on Threads>
class timeout_counters : public echo_counters<Threads> {
 public:
  explicit timeout_counters(const parameters& asked) : timeout_ns_(*asked.read_timeout_ns) {}

  /// When a read that begins now is given up.
  [[nodiscard]] time_ns read_until_ns() const noexcept {
    return monotonic_clock::now_ns() + timeout_ns_;
  }
  /// A connection was silent for too long, and is closed.
  void timed_out() { this->error(ETIMEDOUT); }

 private:
  time_ns timeout_ns_;
};

}  // namespace skein::c10k
