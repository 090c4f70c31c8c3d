// Tasks of Asio's rows that end before their parent goes on (clause S7): a count, and a timer for
// the parent (condition.hpp). Boost 1.74 has neither a parallel group nor awaitable operators, and
// those are for a number of operations that is known when the program is compiled.
//
// A join is not ended by stop(), so its timer is of a clock that goes on.
#pragma once

#include <cassert>
#include <chrono>
#include <cstddef>
#include <optional>

#include "runtimes/asio/condition.hpp"

namespace skein::asio {

template <class Executor>
class scope {
 public:
  /// True, once every task of the scope has ended. For one task at a time.
  using joining = wait_of<scope, bool>;

  template <class Scheduler>
  explicit scope(Scheduler& on) : turn_(on.home()) {}
  scope(const scope&) = delete;
  scope& operator=(const scope&) = delete;
  ~scope() { assert(running_ == 0 && "a task outlived its scope: join it first"); }

  joining join() noexcept { return joining(*this); }

  // For a scheduler.
  void begin_one() noexcept { ++running_; }
  /// The last step of a task.
  void end_one() {
    if (--running_ == 0) turn_.wake_all();
  }

 private:
  friend joining;

  std::optional<bool> now() const noexcept {
    return running_ == 0 ? std::optional(true) : std::nullopt;
  }
  static bool ended(bool) noexcept { return true; }

  std::size_t running_ = 0;
  condition<Executor, std::chrono::steady_clock> turn_;
};

}  // namespace skein::asio
