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

#include <coroutine>
#include <cstddef>
#include <mutex>
#include <type_traits>

#include "runtimes/coroutine/basic_task.hpp"
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

struct task_promise;
using task = coroutine::basic_task<task_promise>;

namespace detail {

/// The last step of a spawned task, whose frame is gone. Defined with the scheduler.
void end_task(scope* within) noexcept;

}  // namespace detail

struct task_promise : coroutine::basic_promise<task_promise> {
  task_promise() noexcept : basic_promise(&wake) {}

  static void* operator new(std::size_t size_bytes) {
    return stealing::frame_cache::local().allocate(size_bytes);
  }
  static void operator delete(void* frame, std::size_t size_bytes) noexcept {
    stealing::frame_cache::local().release(frame, size_bytes);
  }

  void begin_below(const task_promise& /*parent*/) noexcept {}
  static void end(handle ended) noexcept {
    scope* const of = ended.promise().within;
    ended.destroy();
    detail::end_task(of);
  }

  scope* within = nullptr;  ///< what it was spawned into; none if by itself

  /// On the thread that has taken it out of a queue.
  static void resume(op& taken) noexcept {
    coroutine::resume(handle::from_promise(static_cast<task_promise&>(taken)));
  }

 private:
  /// A loop completes its wait: the task is runnable, and may be stolen.
  static void wake(op& finished) noexcept;
};

}  // namespace skein::coroutine_stealing

template <class... Parameters>
struct std::coroutine_traits<skein::coroutine_stealing::task, Parameters...>
    : skein::coroutine::checked_traits<skein::coroutine_stealing::task_promise, Parameters...> {
  static_assert((skein::coroutine_stealing::may_change_threads<Parameters> && ...),
                "a task that changes threads has a parameter that stays on its thread");
};
