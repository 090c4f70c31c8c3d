// The future that lets others run, wherever a task that is woken while it is polled comes after all
// that can be run.
#pragma once

#include "runtimes/poll.hpp"
#include "runtimes/scheduler.hpp"

namespace skein {

/// Ready when all other runnable tasks have been polled (S4).
class yielding : pinned {
 public:
  using output = nothing;

  template <task_scheduler S>
  explicit yielding(S& /*on*/) noexcept {}

  polled<nothing> poll(context& with) noexcept {
    if (yielded_) return nothing{};
    yielded_ = true;
    with.waker().wake();
    return not_ready;
  }

 private:
  bool yielded_ = false;
};

}  // namespace skein
