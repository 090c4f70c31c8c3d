// A whole run that is given up after a while, for programs that do not end by themselves.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <thread>

#include "runtimes/clock.hpp"
#include "tests/whole_run.hpp"
#include "workloads/program.hpp"

namespace skein::test {

/// Stops the run once it has taken so long.
class impatient_run final : public whole_run {
 public:
  impatient_run(workloads::program& program, std::size_t tasks, time_ns patience_ns)
      : whole_run(program, tasks), waiting_([this, patience_ns] { wait_for(patience_ns); }) {}
  ~impatient_run() override {
    is_over_ = true;
    waiting_.join();
  }

  void on_readable() noexcept override {
    if (!is_lost_) return whole_run::on_readable();
    program().stop();
  }
  /// Whether it was given up.
  bool is_lost() const noexcept { return is_lost_; }

 private:
  void wait_for(time_ns patience_ns) {
    const time_ns until_ns = monotonic_clock::now_ns() + patience_ns;
    while (!is_over_ && monotonic_clock::now_ns() < until_ns) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    if (is_over_) return;
    is_lost_ = true;
    signal();
  }

  std::atomic<bool> is_over_{false};
  std::atomic<bool> is_lost_{false};
  std::thread waiting_;
};

}  // namespace skein::test
