// Tells AddressSanitizer and ThreadSanitizer which stack runs. The distribution's Boost.Context is
// built without these hooks, so each switch announces itself. Compiles to nothing otherwise.
#pragma once

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#define SKEIN_FIBER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SKEIN_FIBER_ASAN 1
#endif
#endif

#if defined(__SANITIZE_THREAD__)
#define SKEIN_FIBER_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SKEIN_FIBER_TSAN 1
#endif
#endif

#ifdef SKEIN_FIBER_ASAN
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef SKEIN_FIBER_TSAN
#include <sanitizer/tsan_interface.h>
#endif

namespace skein::fiber {

/// A stack as the sanitizers know it.
class watched_stack {
 public:
  /// The stack of the calling thread; its bounds are learned at the first switch away from it.
  static watched_stack current_thread() noexcept {
    watched_stack stack;
#ifdef SKEIN_FIBER_TSAN
    stack.tsan_ = __tsan_get_current_fiber();
#endif
    return stack;
  }
  static watched_stack fresh([[maybe_unused]] void* bottom,
                             [[maybe_unused]] std::size_t size_bytes) noexcept {
    watched_stack stack;
#ifdef SKEIN_FIBER_ASAN
    stack.bottom_ = bottom;
    stack.size_bytes_ = size_bytes;
#endif
#ifdef SKEIN_FIBER_TSAN
    stack.tsan_ = __tsan_create_fiber(0);
#endif
    return stack;
  }

  /// Called on this stack, right before switching to `to`. `last`: this stack will not run again.
  /// Always inlined: ThreadSanitizer would count a function's entry on one stack and its return on
  /// the other.
  [[gnu::always_inline]] void leave_for([[maybe_unused]] watched_stack& to,
                                        [[maybe_unused]] bool last = false) noexcept {
#ifdef SKEIN_FIBER_ASAN
    __sanitizer_start_switch_fiber(last ? nullptr : &fake_, to.bottom_, to.size_bytes_);
#endif
#ifdef SKEIN_FIBER_TSAN
    __tsan_switch_to_fiber(to.tsan_, 0);
#endif
  }

  /// Called on this stack, right after a switch from `from`.
  void arrive_from([[maybe_unused]] watched_stack& from) noexcept {
#ifdef SKEIN_FIBER_ASAN
    __sanitizer_finish_switch_fiber(fake_, &from.bottom_, &from.size_bytes_);
#endif
  }

  /// Called from another stack once this one will not run again.
  void retire() noexcept {
#ifdef SKEIN_FIBER_TSAN
    __tsan_destroy_fiber(tsan_);
#endif
  }

 private:
#ifdef SKEIN_FIBER_ASAN
  const void* bottom_ = nullptr;
  std::size_t size_bytes_ = 0;
  void* fake_ = nullptr;
#endif
#ifdef SKEIN_FIBER_TSAN
  void* tsan_ = nullptr;
#endif
};

/// Sanitizers put red zones and bookkeeping on the stack.
#if defined(SKEIN_FIBER_ASAN) || defined(SKEIN_FIBER_TSAN)
inline constexpr std::size_t stack_factor = 4;
#else
inline constexpr std::size_t stack_factor = 1;
#endif

}  // namespace skein::fiber
