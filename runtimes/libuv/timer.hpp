// A cancellable sleep on a uv_timer_t.
//
// libuv wants a timer handle to be closed, and its memory to stay until a later phase of the turn.
// A session that deletes itself when it wakes cannot give that, so the handle is a small object of
// its own that outlives the timer until libuv has let go of it. It is made at the first sleep.
//
// libuv's timers are relative, in whole milliseconds, and count from the loop's cached time, which
// is cut to whole milliseconds too. So the deadline is turned into milliseconds rounded up, from
// the clock as it is now, and the cached time is brought up to date first. Nevertheless a timer may
// fire early by what the cached time lags behind (early_by_at_most_ns).
#pragma once

#include <uv.h>

#include "runtimes/clock.hpp"
#include "runtimes/libuv/handler.hpp"
#include "runtimes/libuv/loop.hpp"
#include "runtimes/scheduler.hpp"

namespace skein::libuv {

class timer {
 public:
  timer() = default;
  timer(const timer&) = delete;
  timer& operator=(const timer&) = delete;
  ~timer();

 private:
  friend class scheduler;

  struct node;

  void sleep_until(loop& on, time_ns deadline_ns, handler<wake> on_wake);
  void cancel() noexcept;
  /// Cancels, or takes from its timer for good, the sleep behind a handle of type UV_TIMER.
  static void cancel(uv_handle_t* handle) noexcept;
  static void detach(uv_handle_t* handle) noexcept;

  node* node_ = nullptr;
};

/// How early a timer may fire: the part of a millisecond that the cached time is cut by, and one
/// more millisecond where libuv reads the kernel's coarse clock (it does if that ticks at 1,000
/// Hz).
time_ns early_by_at_most_ns() noexcept;

}  // namespace skein::libuv
