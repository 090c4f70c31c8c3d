// timers without an interface: a sorted table and one timerfd.
#pragma once

#include <cstddef>

#include "runtimes/epoll_floor/timer_table.hpp"
#include "workloads/program.hpp"
#include "workloads/timers/sleepers.hpp"

namespace skein::timers {

class floor_program final : public workloads::program {
 public:
  explicit floor_program(const workloads::parameters& asked)
      : sleepers_(asked), table_(sleepers_) {}

  void run(inbox& door) override { table_.run(door); }
  void stop() override { table_.stop(); }
  void spawn_up_to(std::size_t tasks, time_ns epoch_ns) override {
    if (spawned_ == 0) sleepers_.set_epoch(epoch_ns);
    for (; spawned_ < tasks; ++spawned_) table_.add(spawned_);
  }
  bool finished() const override { return sleepers_.finished(); }
  void on_finished(void (*notify)(void*), void* argument) override {
    sleepers_.on_finished(notify, argument);
  }
  workloads::work_counts counts() const override { return sleepers_.counts(); }
  live_counts live() const override { return table_.live(); }
  const measure::histogram* lateness() const override { return &sleepers_.lateness(); }

 private:
  using context = sleepers<workloads::tasks_on::one_thread>;

  context sleepers_;
  epoll_floor::timer_table<context> table_;
  std::size_t spawned_ = 0;
};

}  // namespace skein::timers
