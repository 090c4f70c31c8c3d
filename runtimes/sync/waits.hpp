// The loop's own verbs as waits, for who combines them with others (first_of).
#pragma once

#include <cstddef>
#include <span>

#include "runtimes/clock.hpp"
#include "runtimes/loop/connection.hpp"
#include "runtimes/scheduler.hpp"
#include "runtimes/sync/wait.hpp"

namespace skein::sync {

/// sleep_until as a wait.
template <class Loop>
class sleeping {
 public:
  using output = wake;
  static constexpr gives_back gives = gives_back::freely;

  template <class Scheduler>
  sleeping(Scheduler& on, time_ns deadline_ns) noexcept
      : loop_(&on.loop()), deadline_ns_(deadline_ns) {}
  submitted submit(op& waiter) noexcept {
    waiter.deadline_ns = deadline_ns_;
    return loop_->submit_sleep(waiter);
  }
  void withdraw(op& waiter) noexcept { loop_->withdraw_sleep(waiter); }
  void refuse(op&) noexcept {}
  wake take(op& waiter) noexcept { return was_granted(waiter) ? wake::due : wake::cancelled; }

 private:
  Loop* loop_;
  time_ns deadline_ns_;
};

/// read as a wait, on loops that can withdraw one. Bytes are read as its task goes on, and never
/// for a read that was withdrawn, so none are lost. Not for futures, which may be polled after the
/// bytes came (submit_read_when_polled): they have `timeout`.
template <class Loop>
class reading {
 public:
  using output = bytes;
  static constexpr gives_back gives = gives_back::never;

  template <class Scheduler>
  reading(Scheduler& on, typename Loop::connection& from) noexcept
      : loop_(&on.loop()), from_(&from) {}
  submitted submit(op& waiter) noexcept { return loop_->submit_read(*from_, waiter); }
  void withdraw(op& waiter) noexcept { loop_->withdraw_read(*from_, waiter); }
  void refuse(op&) noexcept {}
  bytes take(op& waiter) noexcept {
    if (waiter.result <= 0) return {};
    return {loop_->data(*from_), static_cast<std::size_t>(waiter.result)};
  }

 private:
  Loop* loop_;
  typename Loop::connection* from_;
};

}  // namespace skein::sync
