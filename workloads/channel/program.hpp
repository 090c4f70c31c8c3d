// channel as a program: its senders and receivers on a scheduler.
#pragma once

#include <cstddef>
#include <optional>

#include "runtimes/scheduler.hpp"
#include "workloads/channel/callback.hpp"
#include "workloads/channel/context.hpp"
#include "workloads/channel/coroutine.hpp"
#include "workloads/channel/direct.hpp"
#include "workloads/channel/poll.hpp"
#include "workloads/program.hpp"
#include "workloads/styles.hpp"

namespace skein::channel {

template <class S>
class program final : public workloads::program {
 public:
  explicit program(const parameters& asked)
      : scheduler_(asked.options), context_(scheduler_, asked) {}

  void run(inbox& messages) override { scheduler_.run(messages); }
  void stop() override { scheduler_.stop(); }
  /// Senders come in proportion, so that memory grows evenly.
  void spawn_up_to(std::size_t receivers, time_ns epoch_ns) override {
    if (receivers_ == 0) context_.set_epoch(epoch_ns);
    const cell& asked = context_.asked();
    const std::size_t senders = sender_count(asked) * receivers / receiver_count(asked);
    for (; senders_ < senders; ++senders_) spawn_sender(scheduler_, context_, senders_);
    for (; receivers_ < receivers; ++receivers_) spawn_receiver(scheduler_, context_, receivers_);
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
  context<S> context_;  // its channel is known to the scheduler, and goes before it
  std::size_t senders_ = 0;
  std::size_t receivers_ = 0;
};

}  // namespace skein::channel
