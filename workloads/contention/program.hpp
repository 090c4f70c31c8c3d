// contention as a program: its tasks on a scheduler, and the holder where the mutex is the
// runtime's.
#pragma once

#include <cstddef>
#include <thread>

#include "runtimes/scheduler.hpp"
#include "workloads/contention/blocking_context.hpp"
#include "workloads/contention/callback.hpp"
#include "workloads/contention/context.hpp"
#include "workloads/contention/coroutine.hpp"
#include "workloads/contention/direct.hpp"
#include "workloads/contention/poll.hpp"
#include "workloads/talking_program.hpp"

namespace skein::contention {

template <class S>
class program final : public workloads::talking_program<S, context<S>> {
 public:
  explicit program(const parameters& asked) : base(asked) {}

  void spawn_up_to(std::size_t tasks, time_ns epoch_ns) override {
    if (spawned_ == 0) {
      shared_.set_epoch(epoch_ns);
      spawn_holder(scheduler_, shared_);
      await_holder();
    }
    for (; spawned_ < tasks; ++spawned_) spawn_task(scheduler_, shared_, spawned_);
    if (spawned_ == shared_.tasks()) shared_.all_are_there();
  }

 private:
  using base = workloads::talking_program<S, context<S>>;
  using base::scheduler_;
  using base::shared_;

  /// A thread may begin later than one that is spawned after it. Elsewhere tasks begin in order.
  void await_holder() {
    if (!context<S>::in_parallel) return;
    while (!shared_.is_held() && scheduler_.live().tasks > 0) std::this_thread::yield();
  }

  std::size_t spawned_ = 0;
};

/// The same with a mutex that blocks threads.
template <class S>
class blocking_program final : public workloads::talking_program<S, blocking_context<S>> {
 public:
  explicit blocking_program(const parameters& asked) : base(asked) {}

  void stop() override {
    shared_.call_off();
    base::stop();
  }
  void spawn_up_to(std::size_t tasks, time_ns epoch_ns) override {
    if (spawned_ == 0) shared_.set_epoch(epoch_ns);
    for (; spawned_ < tasks; ++spawned_) spawn_task(scheduler_, shared_, spawned_);
  }

 private:
  using base = workloads::talking_program<S, blocking_context<S>>;
  using base::scheduler_;
  using base::shared_;

  std::size_t spawned_ = 0;
};

}  // namespace skein::contention
