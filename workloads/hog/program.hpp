// hog as a program: its timers and its hog on a scheduler.
#pragma once

#include <cstddef>
#include <optional>

#include "histogram/histogram.hpp"
#include "runtimes/scheduler.hpp"
#include "workloads/hog/callback.hpp"
#include "workloads/hog/context.hpp"
#include "workloads/hog/coroutine.hpp"
#include "workloads/hog/direct.hpp"
#include "workloads/hog/poll.hpp"
#include "workloads/program.hpp"
#include "workloads/styles.hpp"

namespace skein::hog {

/// `Context`: what the tasks of the form share.
template <scheduler S, class Context>
class program final : public workloads::program {
 public:
  explicit program(const parameters& asked)
      : scheduler_(asked.options), context_(scheduler_, asked) {}

  void run(inbox& messages) override { scheduler_.run(messages); }
  void stop() override { scheduler_.stop(); }
  /// The hog comes first, so that the task spawned last is a timer.
  void spawn_up_to(std::size_t tasks, time_ns epoch_ns) override {
    if (spawned_ == 0) {
      context_.set_epoch(epoch_ns);
      if (context_.has_hog()) spawn_hog(scheduler_, context_);
    }
    for (; spawned_ < tasks; ++spawned_) spawn_timer(scheduler_, context_, spawned_);
  }
  bool finished() const override { return context_.done().finished(); }
  void on_finished(void (*notify)(void*), void* argument) override {
    context_.done().on_finished(notify, argument);
  }
  workloads::work_counts counts() const override { return context_.counts(); }
  live_counts live() const override { return scheduler_.live(); }
  const histogram* lateness() const override { return &context_.done().lateness(); }
  std::optional<guard_kind> stack_guard() const override {
    return workloads::stack_guard_of(scheduler_);
  }
  std::optional<std::size_t> frame_bytes() const override {
    return workloads::frame_bytes_of<S>(context_);
  }

 private:
  S scheduler_;
  Context context_;  // its pool is known to the scheduler, and goes before it
  std::size_t spawned_ = 0;
};

template <class S>
using computing_program = program<S, context<S>>;
template <class S>
using offloading_program = program<S, offloading_context<S>>;

}  // namespace skein::hog
