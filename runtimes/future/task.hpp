// A task of the poll style: the future, and in front of it what the scheduler has to know, in one
// allocation from the pool of frames.
//
// Its lent waker is the task itself and counts nothing, so a task whose wakers stay inside it (all
// that wait for sockets and timers) pays for no count and no atomic operation. What a clone needs
// to outlive the task is made when somebody clones (shared_waker.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "runtimes/poll.hpp"
#include "runtimes/shared/frame_pool.hpp"

namespace skein::future {

class scheduler;

enum class task_state : std::uint8_t {
  idle,           ///< waits, in no list
  queued,         ///< is to be polled, in the scheduler's list
  polling,        ///< is being polled
  polling_again,  ///< likewise, and has been woken meanwhile (P4)
  over            ///< its future is being dropped
};

/// The scheduler's part of a task.
struct task_head : pinned {
  /// Polls the future: true when it is over. Without a context it drops the future and frees the
  /// task.
  using act_fn = bool (*)(task_head& self, context* with) noexcept;

  task_head(scheduler& on, act_fn does) noexcept : home(on), act(does) {}

  task_head* next = nullptr;  ///< in the scheduler's list
  scheduler& home;
  act_fn act;
  task_state state = task_state::idle;
  bool shares_waker = false;  ///< somebody cloned its waker
};

static_assert(sizeof(task_head) == 32, "it is part of every waiting task: its size is a result");

template <class F>
class task final : public task_head {
  static_assert(pollable<F>, "a task is made of a future, which cannot be moved");

 public:
  template <class... Parts>
  explicit task(scheduler& on, Parts&&... parts)
      : task_head(on, &perform), future_(std::forward<Parts>(parts)...) {}

  static void* operator new(std::size_t size_bytes) {
    return frame_pool::local().allocate(size_bytes);
  }
  static void operator delete(void* at, std::size_t size_bytes) noexcept {
    frame_pool::local().release(at, size_bytes);
  }

 private:
  /// An exception ends the process here (S5).
  static bool perform(task_head& head, context* with) noexcept {
    auto& self = static_cast<task&>(head);
    if (with != nullptr) return self.future_.poll(*with).has_value();
    delete &self;
    return true;
  }

  F future_;
};

}  // namespace skein::future
