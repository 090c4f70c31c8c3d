// fanout as a program: the root, and what grows from it, on a scheduler.
#pragma once

#include <cstddef>
#include <optional>

#include "runtimes/scheduler.hpp"
#include "workloads/fanout/callback.hpp"
#include "workloads/fanout/context.hpp"
#include "workloads/fanout/coroutine.hpp"
#include "workloads/fanout/direct.hpp"
#include "workloads/fanout/poll.hpp"
#include "workloads/program.hpp"
#include "workloads/styles.hpp"

namespace skein::fanout {

template <class S>
class program final : public workloads::program {
 public:
  explicit program(const parameters& asked) : context_(asked), scheduler_(asked.options) {}

  void run(inbox& messages) override {
    scheduler_.run(messages);
    context_.rethrow_limit();
  }
  void stop() override { scheduler_.stop(); }
  /// The tasks come from the root, after the epoch.
  void spawn_up_to(std::size_t tasks, time_ns epoch_ns) override {
    if (tasks < context_.all().count || spawned_) return;
    spawned_ = true;
    context_.set_epoch(epoch_ns);
    spawn_root(scheduler_, context_);
  }
  bool finished() const override { return context_.progress().finished(); }
  void on_finished(void (*notify)(void*), void* argument) override {
    context_.progress().on_finished(notify, argument);
  }
  workloads::work_counts counts() const override { return context_.progress().counts(); }
  live_counts live() const override { return scheduler_.live(); }
  std::optional<guard_kind> stack_guard() const override {
    return workloads::stack_guard_of(scheduler_);
  }

 private:
  context<S> context_;
  S scheduler_;  // declared after what its tasks use
  bool spawned_ = false;
};

}  // namespace skein::fanout
