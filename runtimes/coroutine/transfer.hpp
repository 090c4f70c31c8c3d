// How a coroutine is resumed, and how it goes on in another one.
#pragma once

#include <coroutine>
#include <utility>

namespace skein::coroutine {

#ifdef SKEIN_SANITIZED
// Sanitizer builds keep a stack frame for each symmetric transfer, so there a task returns to this
// loop, which makes the transfer. Thread-local is safe: it is set and read on one thread, with no
// wait in between.
inline thread_local std::coroutine_handle<> next_transfer;

inline void resume(std::coroutine_handle<> first) {
  for (auto current = first; current; current = std::exchange(next_transfer, {})) current.resume();
}
inline std::coroutine_handle<> transfer(std::coroutine_handle<> to) noexcept {
  next_transfer = to;
  return std::noop_coroutine();
}
#else
inline void resume(std::coroutine_handle<> first) {
  first.resume();
}
inline std::coroutine_handle<> transfer(std::coroutine_handle<> to) noexcept {
  return to;
}
#endif

}  // namespace skein::coroutine
