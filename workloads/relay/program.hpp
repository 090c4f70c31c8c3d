// relay as a program: the ring and its tasks on a scheduler.
#pragma once

#include <cstddef>
#include <optional>

#include "runtimes/scheduler.hpp"
#include "workloads/program.hpp"
#include "workloads/relay/callback.hpp"
#include "workloads/relay/coroutine.hpp"
#include "workloads/relay/direct.hpp"
#include "workloads/relay/poll.hpp"
#include "workloads/relay/ring.hpp"
#include "workloads/styles.hpp"

namespace skein::relay {

template <class S>
class program final : public workloads::program {
 public:
  explicit program(const parameters& asked) : scheduler_(asked.options), ring_(scheduler_, asked) {}

  void run(inbox& messages) override { scheduler_.run(messages); }
  void stop() override { scheduler_.stop(); }
  void spawn_up_to(std::size_t tasks, time_ns epoch_ns) override {
    if (spawned_ == 0) ring_.set_epoch(epoch_ns);
    for (; spawned_ < tasks; ++spawned_) {
      // Ahead of the last task, so that frame_bytes is of one of the ring.
      if (ring_.enroll(scheduler_)) spawn_starter(scheduler_, ring_);
      spawn_task(scheduler_, ring_, spawned_);
    }
  }
  bool finished() const override { return ring_.progress().finished(); }
  void on_finished(void (*notify)(void*), void* argument) override {
    ring_.progress().on_finished(notify, argument);
  }
  workloads::work_counts counts() const override { return ring_.progress().counts(); }
  live_counts live() const override { return scheduler_.live(); }
  std::optional<guard_kind> stack_guard() const override {
    return workloads::stack_guard_of(scheduler_);
  }
  std::optional<std::size_t> frame_bytes() const override {
    return workloads::frame_bytes_of<S>(ring_);
  }

 private:
  S scheduler_;
  ring<S> ring_;  // its channels are known to the scheduler, and go before it
  std::size_t spawned_ = 0;
};

}  // namespace skein::relay
