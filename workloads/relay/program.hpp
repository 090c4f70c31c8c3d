// relay as a program: the ring and its tasks on a scheduler.
#pragma once

#include <cstddef>

#include "runtimes/scheduler.hpp"
#include "workloads/relay/callback.hpp"
#include "workloads/relay/coroutine.hpp"
#include "workloads/relay/direct.hpp"
#include "workloads/relay/poll.hpp"
#include "workloads/relay/ring.hpp"
#include "workloads/talking_program.hpp"

namespace skein::relay {

template <class S>
class program final : public workloads::talking_program<S, ring<S>> {
 public:
  explicit program(const parameters& asked) : base(asked) {}

  void spawn_up_to(std::size_t tasks, time_ns epoch_ns) override {
    if (spawned_ == 0) shared_.set_epoch(epoch_ns);
    for (; spawned_ < tasks; ++spawned_) {
      // Ahead of the last task, so that frame_bytes is of one of the ring.
      if (shared_.enroll(scheduler_)) spawn_starter(scheduler_, shared_);
      spawn_task(scheduler_, shared_, spawned_);
    }
  }

 private:
  using base = workloads::talking_program<S, ring<S>>;
  using base::scheduler_;
  using base::shared_;

  std::size_t spawned_ = 0;
};

}  // namespace skein::relay
