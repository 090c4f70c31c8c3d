// The least that can be switched to and back: a coroutine that counts. For the benchmarks of
// switching without a scheduler.
#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>

#include "runtimes/shared/frame_pool.hpp"

namespace skein::micro {

/// A coroutine that counts its resumptions, forever, in a frame from the runtime's pool.
struct counting {
  struct promise_type {
    static void* operator new(std::size_t size_bytes) {
      return frame_pool::local().allocate(size_bytes);
    }
    static void operator delete(void* frame, std::size_t size_bytes) noexcept {
      frame_pool::local().release(frame, size_bytes);
    }
    counting get_return_object() noexcept {
      return {std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    std::suspend_always initial_suspend() const noexcept { return {}; }
    std::suspend_always final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { std::terminate(); }
  };
  std::coroutine_handle<promise_type> handle;
};

inline counting count_resumes(std::size_t& resumed) {
  while (true) {
    ++resumed;
    co_await std::suspend_always{};
  }
}

}  // namespace skein::micro
