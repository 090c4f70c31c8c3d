// Where a task is whose wakers may be called from any thread: one word, and its transitions.
//
//   idle     waits, and is nowhere. Who wakes it puts it into a queue, any.
//   tied     waits, and has an operation in the loop of the worker that polled it last. Who wakes
//            it sends it to that worker.
//   queued   is to be polled: in one queue, or on its way there.
//   polling  is being polled.
//   woken    likewise, and has been woken meanwhile: who polls it queues it again (P4).
//   over     its future is being dropped, or was.
//
//                 wake                begin_poll           end_poll             end
//   idle, tied -> queued (+)
//   queued     -> queued              polling
//   polling    -> woken                                    idle, tied           over
//   woken      -> woken                                    queued (+)           over
//   over       -> over
//
// Who makes one of the two transitions (+) has the task, and queues it. All others leave it alone:
// so it is in one queue once, however often and by whomever it is woken (P5), and polled by one
// thread. Who has taken it out of the queue alone makes the transitions of a poll.
//
// No wake is lost. The words of a task are one order of changes, and in this each wake comes
//   1. before a begin_poll: it was idle, tied or queued, and is polled after the wake;
//   2. between a begin_poll and its end_poll, which so finds `woken`, and queues it again;
//   3. after the end: there is nobody to wake (P6).
// A poll that comes after a wake sees what was written before it. A wake is a read-modify-write
// with release, also where it changes nothing: so it reads the newest word, and the next change is
// the one that follows in the order. begin_poll, an exchange with acquire, reads it, or one that
// carries it on: between the two are other wakes, and end_poll's exchange of woken for queued,
// which is a read-modify-write as well (a release sequence). A load instead of such a wake would
// not do: "it is queued, so I need do nothing" could be read while the task is already being
// polled, by a poll that looked before the waker wrote.
// end_poll releases what the poll left, and a wake acquires it: who has the task by it reads where
// it was polled, and hands on the rest by the queue.
//
// A task whose waker was never cloned is touched by one thread at a time: who polls it, and between
// two polls who completes its operation, on the thread that polled it. Then the same is done by
// plain loads and stores. `is_shared_` is set by the thread that polls, before there is a clone,
// and never again.
#pragma once

#include <atomic>
#include <cassert>
#include <cstdint>

#include "runtimes/stealing/work_ring.hpp"

namespace skein::future_stealing {

enum class task_state : std::uint8_t { idle, tied, queued, polling, woken, over };

/// What the caller of wake has to do: nothing, or put the task into a queue, any or that of the
/// worker which polled it last.
enum class wake_asks : std::uint8_t { nothing, queue, send };

template <class Between = stealing::nothing_between>
class basic_task_word {
 public:
  /// Any thread may wake it from now on. Of the thread that polls it.
  void share() noexcept {
    if (!is_shared_) is_shared_ = true;
  }
  bool is_shared() const noexcept { return is_shared_; }

  wake_asks wake() noexcept {
    task_state before = word_.load(std::memory_order_relaxed);
    if (is_shared_) {
      do {
        if (before == task_state::over) break;
        Between::step();
      } while (!word_.compare_exchange_weak(before, after_wake(before), std::memory_order_acq_rel,
                                            std::memory_order_relaxed));
    } else {
      set(after_wake(before));
    }
    if (before == task_state::idle) return wake_asks::queue;
    return before == task_state::tied ? wake_asks::send : wake_asks::nothing;
  }

  // Of who has taken it out of a queue.
  void begin_poll() noexcept {
    if (!is_shared_) return set(task_state::polling);
    [[maybe_unused]] const task_state before =
        word_.exchange(task_state::polling, std::memory_order_acquire);
    assert(before == task_state::queued && "a task is polled by one thread");
  }

  /// The future is not over. True where the task was woken meanwhile: the caller queues it.
  ///
  /// @param is_tied  it has an operation in the loop of the worker that polled it
  bool end_poll(bool is_tied) noexcept {
    const task_state waits = is_tied ? task_state::tied : task_state::idle;
    task_state now = word_.load(std::memory_order_relaxed);
    if (!is_shared_) {
      set(now == task_state::woken ? task_state::queued : waits);
      return now == task_state::woken;
    }
    now = task_state::polling;
    Between::step();
    if (word_.compare_exchange_strong(now, waits, std::memory_order_release,
                                      std::memory_order_relaxed)) {
      return false;
    }
    assert(now == task_state::woken);
    Between::step();
    word_.exchange(task_state::queued, std::memory_order_acq_rel);
    return true;
  }

  /// The future is over. Nobody who finds this word does anything, so it orders nothing.
  void end() noexcept { set(task_state::over); }

 private:
  static constexpr task_state after_wake(task_state now) noexcept {
    if (now == task_state::idle || now == task_state::tied) return task_state::queued;
    return now == task_state::polling ? task_state::woken : now;
  }
  void set(task_state now) noexcept { word_.store(now, std::memory_order_relaxed); }

  std::atomic<task_state> word_{task_state::queued};
  bool is_shared_ = false;
};

using task_word = basic_task_word<>;

}  // namespace skein::future_stealing
