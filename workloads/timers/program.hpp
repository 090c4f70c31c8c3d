// timers as a program: sleepers on a scheduler.
#pragma once

#include <cstddef>

#include "workloads/program.hpp"
#include "workloads/styles.hpp"
#include "workloads/timers/callback.hpp"
#include "workloads/timers/coroutine.hpp"
#include "workloads/timers/direct.hpp"
#include "workloads/timers/sleepers.hpp"

namespace skein::timers {

template <scheduler S>
class program final : public workloads::program {
 public:
  explicit program(const workloads::parameters& asked)
      : sleepers_(asked), scheduler_(asked.options) {}

  void run(inbox& door) override { scheduler_.run(door); }
  void stop() override { scheduler_.stop(); }
  void spawn_up_to(std::size_t tasks, time_ns epoch_ns) override {
    if (spawned_ == 0) sleepers_.set_epoch(epoch_ns);
    for (; spawned_ < tasks; ++spawned_) spawn_sleeper(scheduler_, sleepers_, spawned_);
  }
  bool finished() const override { return sleepers_.finished(); }
  void on_finished(void (*notify)(void*), void* argument) override {
    sleepers_.on_finished(notify, argument);
  }
  workloads::work_counts counts() const override { return sleepers_.counts(); }
  live_counts live() const override { return scheduler_.live(); }
  const measure::histogram* lateness() const override { return &sleepers_.lateness(); }
  std::optional<std::size_t> frame_bytes() const override { return workloads::frame_bytes_of<S>(); }

 private:
  sleepers<workloads::tasks_of<S>> sleepers_;
  S scheduler_;  // after what its tasks use
  std::size_t spawned_ = 0;
};

}  // namespace skein::timers
