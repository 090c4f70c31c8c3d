// contention as a program: its tasks, and the holder, on a scheduler.
#pragma once

#include <cstddef>
#include <optional>
#include <thread>

#include "runtimes/scheduler.hpp"
#include "workloads/contention/callback.hpp"
#include "workloads/contention/context.hpp"
#include "workloads/contention/coroutine.hpp"
#include "workloads/contention/direct.hpp"
#include "workloads/contention/poll.hpp"
#include "workloads/program.hpp"
#include "workloads/styles.hpp"

namespace skein::contention {

template <class S>
class program final : public workloads::program {
 public:
  explicit program(const parameters& asked)
      : scheduler_(asked.options), context_(scheduler_, asked) {}

  void run(inbox& messages) override { scheduler_.run(messages); }
  void stop() override { scheduler_.stop(); }
  void spawn_up_to(std::size_t tasks, time_ns epoch_ns) override {
    if (spawned_ == 0) {
      context_.set_epoch(epoch_ns);
      spawn_holder(scheduler_, context_);
      await_holder();
    }
    for (; spawned_ < tasks; ++spawned_) spawn_task(scheduler_, context_, spawned_);
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
  /// A thread may begin later than one that is spawned after it. Elsewhere tasks begin in order.
  void await_holder() {
    if (!context<S>::in_parallel) return;
    while (!context_.is_held() && scheduler_.live().tasks > 0) std::this_thread::yield();
  }

  S scheduler_;
  context<S> context_;  // what it has is known to the scheduler, and goes before it
  std::size_t spawned_ = 0;
};

}  // namespace skein::contention
