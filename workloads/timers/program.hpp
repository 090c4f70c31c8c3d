// timers as a program: the tasks of a pattern on a scheduler.
#pragma once

#include <cstddef>

#include "workloads/program.hpp"
#include "workloads/styles.hpp"
#include "workloads/timers/callback.hpp"
#include "workloads/timers/coroutine.hpp"
#include "workloads/timers/direct.hpp"
#include "workloads/timers/poll.hpp"
#include "workloads/timers/sleepers.hpp"
#include "workloads/timers/timeouts.hpp"
#include "workloads/timers/wakers.hpp"

namespace skein::timers {

/// `Context`: what the tasks of the pattern share.
template <timer_scheduler S, class Context>
class program final : public workloads::program {
 public:
  explicit program(const parameters& asked) : context_(asked), scheduler_(asked.options) {}

  void run(inbox& messages) override { scheduler_.run(messages); }
  void stop() override { scheduler_.stop(); }
  void spawn_up_to(std::size_t tasks, time_ns epoch_ns) override {
    if (spawned_ == 0) context_.set_epoch(epoch_ns);
    for (; spawned_ < tasks; ++spawned_) spawn_task(scheduler_, context_, spawned_);
  }
  bool finished() const override { return context_.done().finished(); }
  void on_finished(void (*notify)(void*), void* argument) override {
    context_.done().on_finished(notify, argument);
  }
  workloads::work_counts counts() const override { return context_.done().counts(); }
  live_counts live() const override { return scheduler_.live(); }
  const histogram* lateness() const override { return &context_.done().lateness(); }
  std::optional<guard_kind> stack_guard() const override {
    return workloads::stack_guard_of(scheduler_);
  }
  std::optional<std::size_t> frame_bytes() const override {
    return workloads::frame_bytes_of<S>(context_);
  }

 private:
  Context context_;
  S scheduler_;  // declared after the members that its tasks use
  std::size_t spawned_ = 0;
};

template <class S>
using sleepers_program = program<S, sleepers<workloads::tasks_of<S>>>;
template <class S>
using wakers_program = program<S, wakers<workloads::tasks_of<S>>>;
template <class S>
using timeouts_program = program<S, timeouts<typename S::timer, workloads::tasks_of<S>>>;

}  // namespace skein::timers
