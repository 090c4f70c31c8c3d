// The two futex calls that the thread runtime sleeps with. With a futex a thread can wait for "this
// time or that word"; nanosleep cannot do that, and a condition variable needs a lock per sleeper.
//
// Leaves out errors: a time-out, a signal and a changed word all return alike, and every caller
// looks at the word and the clock again, in a loop. Words are private to the process.
#pragma once

#include <atomic>
#include <climits>
#include <cstdint>
#include <ctime>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtimes/clock.hpp"

namespace skein::thread {

using futex_word = std::atomic<std::uint32_t>;
static_assert(sizeof(futex_word) == 4 && futex_word::is_always_lock_free,
              "the kernel reads the word itself");

/// Sleeps while `word` holds `expected`, at most until `deadline_ns` (absolute, CLOCK_MONOTONIC,
/// above 0). May return early for no reason.
///
/// No wake-up is lost: the kernel compares the word under the lock of its wait queue, and a waker
/// changes the word before it calls futex_wake_all, which takes that lock. Either the compare sees
/// the change, or the waiter is in the queue before the wake looks for it.
inline void futex_wait_until(const futex_word& word, std::uint32_t expected,
                             time_ns deadline_ns) noexcept {
  timespec until{};
  until.tv_sec = deadline_ns / ns_per_s;
  until.tv_nsec = deadline_ns % ns_per_s;
  ::syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE, expected, &until, nullptr,
            FUTEX_BITSET_MATCH_ANY);
}

inline void futex_wake_all(const futex_word& word) noexcept {
  ::syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
}

}  // namespace skein::thread
