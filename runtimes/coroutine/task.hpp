// The coroutine task: lazy, move-only, without a result.
//
// Creating a task runs nothing. scheduler::spawn starts it and detaches it; co_await in another
// task starts it and continues the other task when it is done. Dropping a task that was never
// started, or that waits for nothing, releases its frame. Dropping a task whose operation is
// pending is a programmer error and asserted.
//
// A task waits for one thing at a time, so its one operation lives in its promise. A frame holds no
// operation per await, which keeps g++'s frames small (g++ gives every temporary a slot).
//
// g++ 12 destroys some temporaries around a co_await twice. Code that would meet this bug does not
// compile: see safe_awaiter and safe_parameter in awaitable.hpp.
#pragma once

#include <cassert>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <utility>

#include "runtimes/coroutine/awaitable.hpp"
#include "runtimes/coroutine/transfer.hpp"
#include "runtimes/op.hpp"
#include "runtimes/shared/frame_pool.hpp"

namespace skein::coroutine {

class [[nodiscard]] task {
 public:
  struct promise_type;
  using handle = std::coroutine_handle<promise_type>;

  task(task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  task& operator=(task&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~task();

  /// Starts the task and continues the awaiting one when it is done.
  auto operator co_await() && noexcept;

  /// Gives up ownership; the caller starts the coroutine.
  handle release() noexcept { return std::exchange(handle_, {}); }

 private:
  explicit task(handle owned) noexcept : handle_(owned) {}

  handle handle_;
};

/// What all tasks of one scheduler share: its loop and the count of live tasks. Awaiters find the
/// loop through the task instead of carrying it, which saves 8 bytes of frame per await.
struct task_home {
  void* loop;  ///< type-erased; only the owning scheduler casts it back
  std::size_t live_tasks = 0;
  /// Of a scope's tasks: called as one ends, and counts it. They have a home of their own, so that
  /// other tasks have no word for it.
  void (*on_end)(task_home& self) noexcept = nullptr;
};

struct task::promise_type : op {
  promise_type() noexcept : op(&continue_task) {}

  static void* operator new(std::size_t size_bytes) {
    return frame_pool::local().allocate(size_bytes);
  }
  static void operator delete(void* frame, std::size_t size_bytes) noexcept {
    frame_pool::local().release(frame, size_bytes);
  }

  task get_return_object() noexcept { return task(handle::from_promise(*this)); }
  std::suspend_always initial_suspend() const noexcept { return {}; }
  auto final_suspend() const noexcept;
  void return_void() const noexcept {}
  void unhandled_exception() const noexcept { std::terminate(); }  // S5

  task_home* home = nullptr;             ///< set when the task starts
  std::coroutine_handle<> continuation;  ///< the task that awaits this one; none if spawned

 private:
  static void continue_task(op& finished) noexcept {
    resume(handle::from_promise(static_cast<promise_type&>(finished)));
  }
};

namespace detail {

struct final_awaiter {
  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(task::handle ended) const noexcept {
    const task::promise_type& promise = ended.promise();
    if (promise.continuation) return transfer(promise.continuation);
    task_home& home = *promise.home;
    ended.destroy();
    if (home.on_end != nullptr) [[unlikely]] {
      home.on_end(home);
    } else {
      --home.live_tasks;
    }
    return std::noop_coroutine();
  }
  void await_resume() const noexcept {}
};

struct child_awaiter {
  task::handle child;

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(task::handle awaiting) const noexcept {
    child.promise().home = awaiting.promise().home;
    child.promise().continuation = awaiting;
    return transfer(child);
  }
  void await_resume() const noexcept {}
};

}  // namespace detail

static_assert(safe_awaiter<detail::final_awaiter> && safe_awaiter<detail::child_awaiter>);

inline auto task::promise_type::final_suspend() const noexcept {
  return detail::final_awaiter{};
}

inline auto task::operator co_await() && noexcept {
  return detail::child_awaiter{handle_};
}

inline task::~task() {
  if (!handle_) return;
  assert(handle_.promise().state == op_state::idle && "a task was dropped with its wait pending");
  handle_.destroy();
}

}  // namespace skein::coroutine

/// Checks the declared parameters of every coroutine that is a task; a lambda's first parameter is
/// its closure. Costs nothing, because the specialisation only names the promise type.
template <class... Parameters>
struct std::coroutine_traits<skein::coroutine::task, Parameters...> {
  static_assert(
      skein::coroutine::no_lambda<Parameters...>,
      "a task is a function and no lambda: "
      "what a closure captures is not in the frame, and may be gone when the task resumes");
  static_assert((skein::coroutine::safe_parameter<Parameters> && ...),
                "a task's parameter is a reference, trivially destructible, "
                "or of a class with a constructor of its own: "
                "g++ 12 destroys aggregates and closures twice");
  using promise_type = skein::coroutine::task::promise_type;
};
