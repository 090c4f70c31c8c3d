// A cancellable sleep on a uv_timer_t.
//
// libuv requires that a timer handle is closed and that its memory stays until a later phase of the
// turn. A session that deletes itself when it wakes cannot guarantee that. So the handle is a small
// object of its own, which outlives the timer until libuv has let go of it. It is made at the first
// sleep.
//
// libuv's timers are relative, in whole milliseconds, and count from the loop's cached time, which
// is cut to whole milliseconds too. So a timeout taken from the caller's own clock fires up to a
// millisecond early (libuv issue 4773), and earlier still if the thread loses its CPU in between. A
// timeout taken from the cached time, brought up to date first, cannot: the sum is the deadline
// rounded up, and the cached time never runs ahead of the clock.
#pragma once

#include <uv.h>

#include "runtimes/clock.hpp"
#include "runtimes/libuv/loop.hpp"
#include "runtimes/scheduler.hpp"
#include "runtimes/shared/handler.hpp"

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
  void withdraw() noexcept;
  /// Cancels the sleep behind a handle of type UV_TIMER, or detaches it from its timer for good.
  static void cancel(uv_handle_t* handle) noexcept;
  static void detach(uv_handle_t* handle) noexcept;

  node* node_ = nullptr;
};

}  // namespace skein::libuv
