// What the timer benchmarks of all single-threaded runtimes share: a leader, which directs, and n
// sleepers, each with a timer of its own. Leaves out how they wait, which depends on the style.
//
// One batch, with the leader first in the queue:
//   1. Every sleeper arms its timer for a time that never comes. The leader cancels all timers and
//      the sleepers queue behind it. Now every timer has been used once (some allocate at their
//      first use), and nothing has been timed yet.
//   2. `insert` starts, the leader yields, every sleeper arms its timer, `insert` stops.
//   3. One of two:
//      `cancel`: the leader cancels every timer and yields until each sleeper knows.
//      `expire`: the leader keeps the thread busy, so that nothing is served, until all deadlines
//      have passed; then it yields until each sleeper has woken.
// A sleeper that has woken yields once more before it ends, so no task ends while the watch runs.
#pragma once

#include <cstddef>
#include <vector>

#include "harness/micro/bench.hpp"
#include "harness/micro/timer_load.hpp"
#include "runtimes/clock.hpp"
#include "runtimes/scheduler.hpp"

namespace skein::micro {

template <class S>
class timer_board {
 public:
  using timer = typename S::timer;

  timer_board(stopwatch& watch, timer_step timed, const timer_load& load)
      : watch_(watch), timed_(timed), load_(load), timers_(load.size()) {}

  // --- for sleepers ---

  /// Registers the timer of sleeper `index`. Returns a deadline that never comes.
  time_ns present(std::size_t index, timer& own) noexcept {
    timers_[index] = &own;
    return never_ns_;
  }
  time_ns deadline_ns(std::size_t index) const noexcept {
    return base_ns_ + load_.offsets_ns[index];
  }
  void woke(wake how) noexcept { ++(how == wake::due ? due_ : cancelled_); }

  // --- for the leader, in this order ---

  void cancel_first_use(S& on) noexcept {
    for (timer* each : timers_) on.cancel(*each);
  }
  void begin_insert() {
    base_ns_ = monotonic_clock::now_ns() + arming_allowance_ns();
    if (timed_ == timer_step::insert) watch_.start();
  }
  void end_insert() {
    if (timed_ == timer_step::insert) watch_.stop();
  }
  /// Follow it with yields until all_awake().
  void begin_waking(S& on) {
    if (timed_ == timer_step::expire) {
      keep_thread_until_due();
      watch_.start();
      return;
    }
    if (timed_ == timer_step::cancel) watch_.start();
    for (const std::size_t index : load_.cancel_order) on.cancel(*timers_[index]);
  }
  bool all_awake() const noexcept { return due_ + cancelled_ == 2 * load_.size(); }
  void end_waking() {
    if (timed_ != timer_step::insert) watch_.stop();
  }

  /// Throws wrong_answer.
  void check() const {
    const std::size_t due = timed_ == timer_step::expire ? load_.size() : 0;
    expect_count("sleeps that were due", due_, due);
    expect_count("sleeps that were cancelled", cancelled_, 2 * load_.size() - due);
  }

 private:
  /// How long after the arming the deadlines begin: enough for a slow machine to arm them all.
  time_ns arming_allowance_ns() const noexcept {
    const time_ns each_ns = watch_.is_counting() ? 50'000 : 500;
    const auto count = static_cast<time_ns>(load_.size());
    return timed_ == timer_step::expire ? 2 * ns_per_ms + count * each_ns : 30 * ns_per_s;
  }

  /// Waits until two ticks past the last deadline, since a runtime may use a clock cut to
  /// milliseconds.
  void keep_thread_until_due() const noexcept {
    const time_ns last_ns = base_ns_ + load_.window_ns + 2 * ns_per_ms;
    while (monotonic_clock::now_ns() < last_ns) {
    }
  }

  stopwatch& watch_;
  const timer_step timed_;
  const timer_load& load_;
  std::vector<timer*> timers_;
  const time_ns never_ns_ = monotonic_clock::now_ns() + 3'600 * ns_per_s;
  time_ns base_ns_ = 0;
  std::size_t due_ = 0;
  std::size_t cancelled_ = 0;
};

}  // namespace skein::micro
