// What the conductor does with a workload whose tasks end by themselves, without a conductor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <sys/eventfd.h>
#include <unistd.h>

#include "runtimes/clock.hpp"
#include "runtimes/inbox.hpp"
#include "workloads/program.hpp"

namespace skein::test {

/// Spawns the whole workload when first served, and stops the run when the workload says it is
/// done.
class whole_run : public inbox {
 public:
  whole_run(workloads::program& program, std::size_t tasks, time_ns lead_ns = 20 * ns_per_ms)
      : program_(program),
        tasks_(tasks),
        event_(::eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK)),
        epoch_ns_(monotonic_clock::now_ns() + lead_ns) {
    program_.on_finished([](void* self) { static_cast<whole_run*>(self)->signal(); }, this);
  }
  ~whole_run() override { ::close(event_); }

  int descriptor() const noexcept override { return event_; }
  workloads::program& program() noexcept { return program_; }
  void on_readable() noexcept override {
    std::uint64_t count = 0;
    if (::read(event_, &count, sizeof count) < 0) return;
    if (program_.finished()) return program_.stop();
    program_.spawn_up_to(tasks_ / 2, epoch_ns_);
    program_.spawn_up_to(tasks_, epoch_ns_);
  }

 protected:
  void signal() noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(event_, &one, sizeof one);
  }

 private:
  workloads::program& program_;
  std::size_t tasks_;
  int event_;
  time_ns epoch_ns_;
};

/// Spawns everything and stops the run, long before the epoch: however long spawning takes.
class stopped_at_once final : public whole_run {
 public:
  stopped_at_once(workloads::program& program, std::size_t tasks)
      : whole_run(program, tasks, 3600 * ns_per_s) {}
  void on_readable() noexcept override {
    whole_run::on_readable();
    program().stop();
  }
};

}  // namespace skein::test
