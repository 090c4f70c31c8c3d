// The coroutine task, whatever its scheduler: lazy, move-only, without a result.
//
// Creating a task runs nothing. A scheduler's spawn starts it and detaches it; co_await in another
// task starts it and continues the other task when it is done. Dropping a task that was never
// started, or that waits for nothing, releases its frame. Dropping a task whose operation is
// pending is a programmer error and asserted.
//
// A task waits for one thing at a time, so its one operation lives in its promise. A frame holds no
// operation per await, which keeps g++'s frames small (g++ gives every temporary a slot).
//
// Leaves out where frames are from, what a completion does, and what follows a task's end: these
// are of the promise that derives from basic_promise.
#pragma once

#include <cassert>
#include <coroutine>
#include <exception>
#include <utility>

#include "runtimes/coroutine/awaitable.hpp"
#include "runtimes/coroutine/transfer.hpp"
#include "runtimes/op.hpp"

namespace skein::coroutine {

template <class Promise>
struct basic_promise;

namespace detail {

template <class Promise>
struct final_awaiter {
  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> ended) const noexcept {
    const Promise& promise = ended.promise();
    if (promise.continuation) return transfer(promise.continuation);
    Promise::end(ended);
    return std::noop_coroutine();
  }
  void await_resume() const noexcept {}
};

template <class Promise>
struct child_awaiter {
  std::coroutine_handle<Promise> child;

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> awaiting) const noexcept {
    child.promise().begin_below(awaiting.promise());
    child.promise().continuation = awaiting;
    return transfer(child);
  }
  void await_resume() const noexcept {}
};

}  // namespace detail

template <class Promise>
class [[nodiscard]] basic_task {
 public:
  using promise_type = Promise;
  using handle = std::coroutine_handle<Promise>;

  basic_task(basic_task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  basic_task& operator=(basic_task&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~basic_task() {
    if (!handle_) return;
    assert(handle_.promise().state == op_state::idle && "a task was dropped with its wait pending");
    handle_.destroy();
  }

  /// Starts the task and continues the awaiting one when it is done.
  auto operator co_await() && noexcept { return detail::child_awaiter<Promise>{handle_}; }

  /// Gives up ownership; the caller starts the coroutine.
  handle release() noexcept { return std::exchange(handle_, {}); }

 private:
  friend basic_promise<Promise>;
  explicit basic_task(handle owned) noexcept : handle_(owned) {}

  handle handle_;
};

/// `Promise` derives from it, and has
///
///   void begin_below(const Promise& parent) noexcept;  before the first step of a child
///   static void end(handle ended) noexcept;            the last step of a spawned task, whose
///                                                      frame it destroys
template <class Promise>
struct basic_promise : op {
  using handle = std::coroutine_handle<Promise>;
  using op::op;

  basic_task<Promise> get_return_object() noexcept {
    return basic_task<Promise>(handle::from_promise(static_cast<Promise&>(*this)));
  }
  std::suspend_always initial_suspend() const noexcept { return {}; }
  auto final_suspend() const noexcept { return detail::final_awaiter<Promise>{}; }
  void return_void() const noexcept {}
  void unhandled_exception() const noexcept { std::terminate(); }  // S5

  std::coroutine_handle<> continuation;  ///< the task that awaits this one; none if spawned
};

/// The coroutine_traits of a task derive from this. It checks the declared parameters of every
/// coroutine that is one; a lambda's first parameter is its closure. That costs nothing, because it
/// only names the promise type.
template <class Promise, class... Parameters>
struct checked_traits {
  static_assert(
      no_lambda<Parameters...>,
      "a task is a function and no lambda: "
      "what a closure captures is not in the frame, and may be gone when the task resumes");
  static_assert((safe_parameter<Parameters> && ...),
                "a task's parameter is a reference, trivially destructible, "
                "or of a class with a constructor of its own: "
                "g++ 12 destroys aggregates and closures twice");
  static_assert(safe_awaiter<detail::final_awaiter<Promise>> &&
                safe_awaiter<detail::child_awaiter<Promise>>);
  using promise_type = Promise;
};

}  // namespace skein::coroutine
