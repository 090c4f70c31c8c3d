// The task of coroutine_stealing: as coroutine::task, but that it may go on on another thread than
// the one that it waited on.
//
// A value that may not change threads must not be in such a task: those among its parameters do not
// compile (stealing/stays_on_thread.hpp).
//
// Once a task is in a queue another thread may resume it and end it, so nothing of it is touched
// after that: not in an awaiter's await_suspend, which lies in the task's frame, either.
#pragma once

#include <coroutine>
#include <cstddef>

#include "runtimes/coroutine/basic_task.hpp"
#include "runtimes/coroutine/transfer.hpp"
#include "runtimes/op.hpp"
#include "runtimes/stealing/frame_cache.hpp"
#include "runtimes/stealing/scope.hpp"
#include "runtimes/stealing/stays_on_thread.hpp"
#include "runtimes/stealing/worker.hpp"

namespace skein::coroutine_stealing {

using stealing::scope;
using stealing::worker;

struct task_promise;
using task = coroutine::basic_task<task_promise>;

struct task_promise : coroutine::basic_promise<task_promise> {
  task_promise() noexcept : basic_promise(&wake) {}

  static void* operator new(std::size_t size_bytes) {
    return stealing::frame_cache::allocate_here(size_bytes);
  }
  static void operator delete(void* frame, std::size_t size_bytes) noexcept {
    stealing::frame_cache::release_here(frame, size_bytes);
  }

  void begin_below(const task_promise& /*parent*/) noexcept {}
  static void end(handle ended) noexcept {
    scope* const of = ended.promise().within;
    ended.destroy();
    if (of != nullptr) of->end_one();
    worker::current()->end_task();
  }

  scope* within = nullptr;  ///< what it was spawned into; none if by itself

  /// On the thread that has taken it out of a queue.
  static void run(op& taken) noexcept {
    coroutine::resume(handle::from_promise(static_cast<task_promise&>(taken)));
  }

 private:
  /// Its wait is completed: the task is runnable, and may be stolen.
  static void wake(op& finished) noexcept { worker::current()->push_woken(finished); }
};

}  // namespace skein::coroutine_stealing

template <class... Parameters>
struct std::coroutine_traits<skein::coroutine_stealing::task, Parameters...>
    : skein::coroutine::checked_traits<skein::coroutine_stealing::task_promise, Parameters...> {
  static_assert((skein::stealing::may_change_threads<Parameters> && ...),
                "a task that changes threads has a parameter that stays on its thread");
};
