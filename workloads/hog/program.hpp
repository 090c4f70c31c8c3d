// hog as a program: its timers and its hog on a scheduler.
#pragma once

#include <cstddef>

#include "histogram/histogram.hpp"
#include "runtimes/scheduler.hpp"
#include "workloads/hog/callback.hpp"
#include "workloads/hog/context.hpp"
#include "workloads/hog/coroutine.hpp"
#include "workloads/hog/direct.hpp"
#include "workloads/hog/poll.hpp"
#include "workloads/talking_program.hpp"

namespace skein::hog {

/// `Context`: what the tasks of the form share.
template <timer_scheduler S, class Context>
class program final : public workloads::talking_program<S, Context> {
 public:
  explicit program(const parameters& asked) : base(asked) {}

  /// The hog comes first, so that the task spawned last is a timer.
  void spawn_up_to(std::size_t tasks, time_ns epoch_ns) override {
    if (spawned_ == 0) {
      shared_.set_epoch(epoch_ns);
      if (shared_.has_hog()) spawn_hog(scheduler_, shared_);
    }
    for (; spawned_ < tasks; ++spawned_) spawn_timer(scheduler_, shared_, spawned_);
  }
  const histogram* lateness() const override { return &shared_.progress().lateness(); }

 private:
  using base = workloads::talking_program<S, Context>;
  using base::scheduler_;
  using base::shared_;
  std::size_t spawned_ = 0;
};

template <class S>
using computing_program = program<S, context<S>>;
template <class S>
using offloading_program = program<S, offloading_context<S>>;

}  // namespace skein::hog
