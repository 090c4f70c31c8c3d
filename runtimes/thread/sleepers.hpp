// Sleeping threads: until a deadline, a cancel, or stop.
//
// 1. A sleep without a timer can be ended by stop alone. All such sleepers wait on one word, the
//    stop word, each with its own deadline. There is no list of them and no lock: ten thousand
//    threads that go to sleep share nothing but a read-only word.
// 2. A sleep on a timer waits on the timer's own word, which cancel can change. stop must reach
//    these too, so each is linked into one of a few lists, chosen by its address, for as long as it
//    sleeps. The list's lock guards all of the timer's state. The word is atomic only because the
//    sleeper and the kernel look at it without that lock.
// 3. stop sets the stop word first and takes the lists' locks after. A sleeper links itself under
//    the lock and looks at the stop word there. Whichever of the two gets the lock second sees what
//    the other did: the sleeper sees that stop has set the word, or stop sees that the sleeper is
//    linked.
// 4. cancel and stop wake a timer's sleeper while its list is locked. The sleeper takes that lock
//    before it returns, so the timer cannot be destroyed between the change of its word and the
//    wake.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "runtimes/clock.hpp"
#include "runtimes/scheduler.hpp"
#include "runtimes/thread/futex.hpp"

namespace skein::thread {

class sleepers;

/// The handle of a cancellable sleep. Idle unless a thread sleeps on it, and must be idle when it
/// is destroyed.
class timer {
 public:
  timer() = default;
  timer(const timer&) = delete;
  timer& operator=(const timer&) = delete;

 private:
  friend class sleepers;
  enum state : std::uint32_t { idle, armed, cancelled };

  futex_word state_{idle};
  timer* next_ = nullptr;
  timer** link_ = nullptr;
};

/// All members may be called by any thread.
class sleepers {
 public:
  sleepers() = default;
  sleepers(const sleepers&) = delete;
  sleepers& operator=(const sleepers&) = delete;

  wake sleep_until(time_ns deadline_ns) noexcept;
  wake sleep_until(timer& on, time_ns deadline_ns) noexcept;
  void cancel(timer& target) noexcept;

  /// Ends every sleep, and every later one at once.
  void stop() noexcept;

  /// The acquire pairs with stop's release: a thread that sees the stop sees everything done before
  /// it.
  bool stopping() const noexcept { return stop_word_.load(std::memory_order_acquire) != 0; }

 private:
  /// Each lock has a cache line of its own, so that neighbouring lists do not contend.
  struct alignas(64) timer_list {
    std::mutex mutex;
    timer* first = nullptr;
  };

  timer_list& list_of(const timer& of) noexcept;
  bool arm(timer& on, timer_list& list) noexcept;
  wake disarm(timer& on, timer_list& list) noexcept;
  static void end(timer& armed) noexcept;

  /// 0, then 1 for good.
  futex_word stop_word_{0};
  std::array<timer_list, 16> lists_;
};

}  // namespace skein::thread
