// A task of the poll style: a future, and in front of it what its scheduler has to know, in one
// allocation from the pool of frames. Leaves out what that is: each scheduler has its own head.
#pragma once

#include <cstddef>
#include <utility>

#include "runtimes/poll.hpp"
#include "runtimes/shared/frame_pool.hpp"

namespace skein {

/// Polls the future of a task: true when it is over. Without a context it drops the future and
/// frees the task.
template <class Head>
using act_on_future = bool (*)(Head& task, context* with) noexcept;

/// `Head`: made from the scheduler and the act_on_future of its task.
template <class Head, class F>
class future_task final : public Head {
  static_assert(pollable<F>, "a task is made of a future, which cannot be moved");

 public:
  template <class Scheduler, class... Parts>
  explicit future_task(Scheduler& on, Parts&&... parts)
      : Head(on, &perform), future_(std::forward<Parts>(parts)...) {}

  static void* operator new(std::size_t size_bytes) {
    return frame_pool::local().allocate(size_bytes);
  }
  static void operator delete(void* at, std::size_t size_bytes) noexcept {
    frame_pool::local().release(at, size_bytes);
  }

 private:
  /// An exception ends the process here (S5).
  static bool perform(Head& head, context* with) noexcept {
    auto& self = static_cast<future_task&>(head);
    if (with != nullptr) return self.future_.poll(*with).has_value();
    delete &self;
    return true;
  }

  F future_;
};

}  // namespace skein
