// cancel as a program: the tasks that wait, and the canceller, on a scheduler.
#pragma once

#include <cstddef>
#include <string>

#include "runtimes/errors.hpp"
#include "runtimes/scheduler.hpp"
#include "workloads/cancel/callback.hpp"
#include "workloads/cancel/context.hpp"
#include "workloads/cancel/coroutine.hpp"
#include "workloads/cancel/direct.hpp"
#include "workloads/cancel/poll.hpp"
#include "workloads/talking_program.hpp"

namespace skein::cancel {

template <class S>
class program final : public workloads::talking_program<S, context<S>> {
 public:
  /// Throws limit_error, named `sync`, for a wait that the runtime does not have.
  explicit program(const parameters& asked) : base(asked) {
    if (asked.wait == wait::lock && !waits_for_first<S>) {
      throw limit_error::lacking("sync", std::string(S::info().id) +
                                             " has no wait for the first of two, by which a task "
                                             "could be cancelled that waits for a lock");
    }
  }

  void spawn_up_to(std::size_t tasks, time_ns epoch_ns) override {
    if (spawned_ == 0) {
      shared_.set_epoch(epoch_ns);
      spawn_canceller(scheduler_, shared_);
    }
    for (; spawned_ < tasks; ++spawned_) {
      shared_.enroll();
      spawn_task(scheduler_, shared_, spawned_);
    }
    if (spawned_ == shared_.tasks()) shared_.all_are_there();
  }

 private:
  using base = workloads::talking_program<S, context<S>>;
  using base::scheduler_;
  using base::shared_;

  std::size_t spawned_ = 0;
};

}  // namespace skein::cancel
