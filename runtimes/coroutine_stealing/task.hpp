// The task of coroutine_stealing: as coroutine::task, but that it may go on on another thread than
// the one that it waited on.
//
// A value that may not change threads must not be in such a task. The compiler sees the parameters
// and refuses those whose type says that it stays (stays_on_thread). It does not see what is a
// local variable across a co_await, nor what a parameter refers to further on.
//
// Once a task is in a queue another thread may resume it and end it, so nothing of it is touched
// after that: not in an awaiter's await_suspend, which lies in the task's frame, either.
#pragma once

#include <cassert>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <mutex>
#include <type_traits>
#include <utility>

#include "runtimes/coroutine/awaitable.hpp"
#include "runtimes/coroutine/transfer.hpp"
#include "runtimes/op.hpp"
#include "runtimes/stealing/frame_cache.hpp"

namespace skein::coroutine_stealing {

class scope;

/// Not to be used by a task that changes threads: a type says so by a member type of this name.
template <class T>
inline constexpr bool stays_on_thread = requires { typename T::stays_on_thread; };
/// Who has locked a std::mutex unlocks it.
template <class Mutex>
inline constexpr bool stays_on_thread<std::lock_guard<Mutex>> = true;
template <class Mutex>
inline constexpr bool stays_on_thread<std::unique_lock<Mutex>> = true;
template <class... Mutexes>
inline constexpr bool stays_on_thread<std::scoped_lock<Mutexes...>> = true;

/// May be a parameter of a task that changes threads, as declared.
template <class Parameter>
concept may_change_threads =
    !stays_on_thread<std::remove_cv_t<std::remove_pointer_t<std::remove_cvref_t<Parameter>>>>;

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

struct task::promise_type : op {
  promise_type() noexcept : op(&wake) {}

  static void* operator new(std::size_t size_bytes) {
    return stealing::frame_cache::local().allocate(size_bytes);
  }
  static void operator delete(void* frame, std::size_t size_bytes) noexcept {
    stealing::frame_cache::local().release(frame, size_bytes);
  }

  task get_return_object() noexcept { return task(handle::from_promise(*this)); }
  std::suspend_always initial_suspend() const noexcept { return {}; }
  auto final_suspend() const noexcept;
  void return_void() const noexcept {}
  void unhandled_exception() const noexcept { std::terminate(); }  // S5

  scope* within = nullptr;               ///< what it was spawned into; none if by itself
  std::coroutine_handle<> continuation;  ///< the task that awaits this one; none if spawned

  /// On the thread that has taken it out of a queue.
  static void resume(op& taken) noexcept {
    coroutine::resume(handle::from_promise(static_cast<promise_type&>(taken)));
  }

 private:
  /// A loop completes its wait: the task is runnable, and may be stolen.
  static void wake(op& finished) noexcept;
};

namespace detail {

/// The last step of a spawned task, whose frame is gone. Defined with the scheduler.
void end_task(scope* within) noexcept;

struct final_awaiter {
  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(task::handle ended) const noexcept {
    const task::promise_type& promise = ended.promise();
    if (promise.continuation) return coroutine::transfer(promise.continuation);
    scope* const within = promise.within;
    ended.destroy();
    end_task(within);
    return std::noop_coroutine();
  }
  void await_resume() const noexcept {}
};

struct child_awaiter {
  task::handle child;

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(task::handle awaiting) const noexcept {
    child.promise().continuation = awaiting;
    return coroutine::transfer(child);
  }
  void await_resume() const noexcept {}
};

}  // namespace detail

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

}  // namespace skein::coroutine_stealing

/// The rules of coroutine/awaitable.hpp, and that nothing that stays on its thread is a parameter.
template <class... Parameters>
struct std::coroutine_traits<skein::coroutine_stealing::task, Parameters...> {
  static_assert(
      skein::coroutine::no_lambda<Parameters...>,
      "a task is a function and no lambda: "
      "what a closure captures is not in the frame, and may be gone when the task resumes");
  static_assert((skein::coroutine::safe_parameter<Parameters> && ...),
                "a task's parameter is a reference, trivially destructible, "
                "or of a class with a constructor of its own: "
                "g++ 12 destroys aggregates and closures twice");
  static_assert((skein::coroutine_stealing::may_change_threads<Parameters> && ...),
                "a task that changes threads has a parameter that stays on its thread");
  using promise_type = skein::coroutine_stealing::task::promise_type;
};
