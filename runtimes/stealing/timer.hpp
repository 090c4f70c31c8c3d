// A sleep that any worker may cancel, though it is in the timers of one worker's loop.
//
// The sleep is an operation of the timer's own, and ends on its worker's thread: at its deadline,
// by a stop, or because it was cancelled. A cancel on another thread sends the timer, which is a
// letter as well, to that worker. So all but one word is the worker's alone.
//
//   idle       nobody waits.
//   armed      its task waits.
//   cancelled  a cancel has taken it. Who has changed armed to this, and nobody else, sends the
//              letter, or opens it at once where this is the worker's thread.
//
//   1. A sleep that ends while armed makes the timer idle and completes the wait. A cancel that
//      comes later finds it idle, and does nothing (T2).
//   2. A sleep that ends while cancelled completes the wait once the letter was opened too, since
//      the task may end the timer, and so the letter. Of `ended_` and `opened_` the later does.
//   3. A letter that is opened before the sleep has ended cancels it, and it ends through the run
//      queue (O3).
//   4. A wait that is withdrawn, on the worker's thread, makes an armed timer idle. Where a cancel
//      has taken it, the letter is there or will be in a few instructions, and is opened first.
// So each wait is completed once (W1), and the timer is idle before and not touched after.
//
// Order. armed is stored with release once it is written who waits and where; a cancel's exchange
// acquires it, and so reads these. That a loop may end the sleep is no race with the store, as it
// does so on this thread, later. The cancel comes before the wake by the letter, which is posted
// with release and opened with acquire, and what the task does next after the wake by the queue.
// Nobody but its worker changes the word of a cancelled timer, which is stored with release for the
// next wait's cancel.
#pragma once

#include <atomic>
#include <cassert>
#include <cstdint>

#include "runtimes/clock.hpp"
#include "runtimes/letter.hpp"
#include "runtimes/op.hpp"
#include "runtimes/scheduler.hpp"

namespace skein::stealing {

class worker;

class timer : private op, private letter {
 public:
  timer() noexcept;
  timer(const timer&) = delete;
  timer& operator=(const timer&) = delete;
  ~timer() {
    assert(word_.load(std::memory_order_relaxed) == word::idle &&
           "a timer ended while a task waited on it");
  }

  // For the scheduler.

  /// A task on this worker's thread begins to wait: `waiter` is completed on the same thread. False
  /// where it need not.
  bool begin(op& waiter, time_ns until_ns) noexcept;
  /// The waiter waits no more, and is completed no more. On the thread that it began on.
  void withdraw() noexcept;
  /// How the wait ended, for its task.
  wake how() const noexcept { return result == 0 ? wake::due : wake::cancelled; }
  /// By a task, so on any worker's thread: no other may be overtaken by the end of the scheduler.
  void cancel() noexcept;

 private:
  enum class word : std::uint8_t { idle, armed, cancelled };

  static void on_end(op& ended) noexcept;
  static void on_open(letter& opened) noexcept;
  void open_here() noexcept;
  void wake_cancelled() noexcept;
  void wake_waiter() noexcept;

  std::atomic<word> word_{word::idle};
  bool ended_ = false;    ///< and the letter is still under way
  bool opened_ = false;   ///< and the sleep has not ended yet
  op* waiter_ = nullptr;  ///< none once it was withdrawn
  worker* at_ = nullptr;  ///< in whose loop it sleeps
};

}  // namespace skein::stealing
