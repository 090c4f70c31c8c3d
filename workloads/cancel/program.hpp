// cancel as a program: the tasks that wait, and the canceller, on a scheduler.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "runtimes/errors.hpp"
#include "runtimes/scheduler.hpp"
#include "workloads/cancel/callback.hpp"
#include "workloads/cancel/context.hpp"
#include "workloads/cancel/coroutine.hpp"
#include "workloads/cancel/direct.hpp"
#include "workloads/cancel/poll.hpp"
#include "workloads/program.hpp"
#include "workloads/styles.hpp"

namespace skein::cancel {

template <class S>
class program final : public workloads::program {
 public:
  /// Throws limit_error, named `sync`, for a wait that the runtime does not have.
  explicit program(const parameters& asked)
      : scheduler_(asked.options), context_(scheduler_, asked) {
    if (asked.wait == wait::lock && !waits_for_first<S>) {
      throw limit_error::lacking("sync", std::string(S::info().id) +
                                             " has no wait for the first of two, by which a task "
                                             "could be cancelled that waits for a lock");
    }
  }

  void run(inbox& messages) override { scheduler_.run(messages); }
  void stop() override { scheduler_.stop(); }
  void spawn_up_to(std::size_t tasks, time_ns epoch_ns) override {
    if (spawned_ == 0) {
      context_.set_epoch(epoch_ns);
      spawn_canceller(scheduler_, context_);
    }
    for (; spawned_ < tasks; ++spawned_) {
      context_.enroll();
      spawn_task(scheduler_, context_, spawned_);
    }
    if (spawned_ == context_.tasks()) context_.all_are_there();
  }
  bool finished() const override { return context_.progress().finished(); }
  void on_finished(void (*notify)(void*), void* argument) override {
    context_.progress().on_finished(notify, argument);
  }
  workloads::work_counts counts() const override { return context_.counts(); }
  live_counts live() const override { return scheduler_.live(); }
  std::optional<guard_kind> stack_guard() const override {
    return workloads::stack_guard_of(scheduler_);
  }
  std::optional<std::size_t> frame_bytes() const override {
    return workloads::frame_bytes_of<S>(context_);
  }

 private:
  S scheduler_;
  context<S> context_;  // what it has is known to the scheduler, and goes before it
  std::size_t spawned_ = 0;
};

}  // namespace skein::cancel
