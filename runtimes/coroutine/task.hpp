// The task of the coroutine schedulers, which stays on their thread.
//
// g++ 12 destroys some temporaries around a co_await twice. Code that would meet this bug does not
// compile: see safe_awaiter and safe_parameter in awaitable.hpp.
#pragma once

#include <coroutine>
#include <cstddef>

#include "runtimes/coroutine/basic_task.hpp"
#include "runtimes/coroutine/transfer.hpp"
#include "runtimes/op.hpp"
#include "runtimes/shared/frame_pool.hpp"

namespace skein::coroutine {

struct task_promise;
using task = basic_task<task_promise>;

/// What all tasks of one scheduler share: its loop and the count of live tasks. Awaiters find the
/// loop through the task instead of carrying it, which saves 8 bytes of frame per await.
struct task_home {
  void* loop;  ///< type-erased; only the owning scheduler casts it back
  std::size_t live_tasks = 0;
  /// Of a scope's tasks: called as one ends, and counts it. They have a home of their own, so that
  /// other tasks have no word for it.
  void (*on_end)(task_home& self) noexcept = nullptr;
};

struct task_promise : basic_promise<task_promise> {
  task_promise() noexcept : basic_promise(&continue_task) {}

  static void* operator new(std::size_t size_bytes) {
    return frame_pool::local().allocate(size_bytes);
  }
  static void operator delete(void* frame, std::size_t size_bytes) noexcept {
    frame_pool::local().release(frame, size_bytes);
  }

  void begin_below(const task_promise& parent) noexcept { home = parent.home; }
  static void end(handle ended) noexcept {
    task_home& of = *ended.promise().home;
    ended.destroy();
    if (of.on_end != nullptr) [[unlikely]] {
      of.on_end(of);
    } else {
      --of.live_tasks;
    }
  }

  task_home* home = nullptr;  ///< set when the task starts

 private:
  static void continue_task(op& finished) noexcept {
    resume(handle::from_promise(static_cast<task_promise&>(finished)));
  }
};

}  // namespace skein::coroutine

template <class... Parameters>
struct std::coroutine_traits<skein::coroutine::task, Parameters...>
    : skein::coroutine::checked_traits<skein::coroutine::task_promise, Parameters...> {};
