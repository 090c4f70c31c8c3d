// A workload whose tasks share what their scheduler knows of (channels, locks, a pool), as a
// program: a scheduler, and what is shared. The workload's own program adds how tasks are spawned.
#pragma once

#include <cstddef>
#include <optional>

#include "runtimes/scheduler.hpp"
#include "workloads/program.hpp"
#include "workloads/styles.hpp"

namespace skein::workloads {

/// `Shared` is made of the scheduler and the parameters, and has progress() and counts().
template <class S, class Shared>
class talking_program : public program {
 public:
  void run(inbox& messages) override { scheduler_.run(messages); }
  void stop() override { scheduler_.stop(); }
  bool finished() const override { return shared_.progress().finished(); }
  void on_finished(void (*notify)(void*), void* argument) override {
    shared_.progress().on_finished(notify, argument);
  }
  work_counts counts() const override { return shared_.counts(); }
  live_counts live() const override { return scheduler_.live(); }
  std::optional<guard_kind> stack_guard() const override { return stack_guard_of(scheduler_); }
  std::optional<std::size_t> frame_bytes() const override { return frame_bytes_of<S>(shared_); }

 protected:
  template <class Parameters>
  explicit talking_program(const Parameters& asked)
      : scheduler_(asked.options), shared_(scheduler_, asked) {}

  S scheduler_;
  Shared shared_;  // what it has is known to the scheduler, and goes before it
};

}  // namespace skein::workloads
