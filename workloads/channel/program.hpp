// channel as a program: its senders and receivers on a scheduler.
#pragma once

#include <cstddef>

#include "runtimes/scheduler.hpp"
#include "workloads/channel/callback.hpp"
#include "workloads/channel/context.hpp"
#include "workloads/channel/coroutine.hpp"
#include "workloads/channel/direct.hpp"
#include "workloads/channel/poll.hpp"
#include "workloads/talking_program.hpp"

namespace skein::channel {

template <class S>
class program final : public workloads::talking_program<S, context<S>> {
 public:
  explicit program(const parameters& asked) : base(asked) {}

  /// Senders come in proportion, so that memory grows evenly.
  void spawn_up_to(std::size_t receivers, time_ns epoch_ns) override {
    if (receivers_ == 0) shared_.set_epoch(epoch_ns);
    const cell& asked = shared_.asked();
    const std::size_t senders = sender_count(asked) * receivers / receiver_count(asked);
    for (; senders_ < senders; ++senders_) spawn_sender(scheduler_, shared_, senders_);
    for (; receivers_ < receivers; ++receivers_) spawn_receiver(scheduler_, shared_, receivers_);
  }

 private:
  using base = workloads::talking_program<S, context<S>>;
  using base::scheduler_;
  using base::shared_;

  std::size_t senders_ = 0;
  std::size_t receivers_ = 0;
};

}  // namespace skein::channel
