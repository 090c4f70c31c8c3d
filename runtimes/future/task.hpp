// What this scheduler has to know of a task (shared/future_task.hpp).
//
// Its lent waker is the task itself and counts nothing, so a task whose wakers stay inside it (all
// that wait for sockets and timers) pays for no count and no atomic operation. What a clone needs
// to outlive the task is made when somebody clones (shared_waker.hpp).
#pragma once

#include <cstdint>

#include "runtimes/poll.hpp"
#include "runtimes/shared/future_task.hpp"

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
  task_head(scheduler& on, act_on_future<task_head> does) noexcept : home(on), act(does) {}

  task_head* next = nullptr;  ///< in the scheduler's list
  scheduler& home;
  act_on_future<task_head> act;
  task_state state = task_state::idle;
  bool shares_waker = false;  ///< somebody cloned its waker
};

static_assert(sizeof(task_head) == 32, "it is part of every waiting task: its size is a result");

template <class F>
using task = future_task<task_head, F>;

}  // namespace skein::future
