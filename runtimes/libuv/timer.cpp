#include "runtimes/libuv/timer.hpp"

#include <cassert>
#include <cstdint>
#include <type_traits>

namespace skein::libuv {

namespace {

/// Counted from the loop's cached time, because libuv adds it to the same time: the sum is the
/// deadline rounded up to a millisecond, whatever happens between reading the clock and arming.
std::uint64_t whole_ms_until(const uv_loop_t* on, time_ns deadline_ns) noexcept {
  const time_ns due_ms = deadline_ns / ns_per_ms + (deadline_ns % ns_per_ms > 0 ? 1 : 0);
  const auto now_ms = static_cast<time_ns>(::uv_now(on));
  return due_ms > now_ms ? static_cast<std::uint64_t>(due_ms - now_ms) : 0;
}

}  // namespace

/// While somebody waits, `on_wake` is set. Then either the handle is active, or the sleep has ended
/// (due at once, or cancelled) and its delivery is queued.
struct timer::node {
  uv_timer_t handle{};  ///< first: libuv hands its address back; its `data` is on_wake's object
  timer* owner;
  handler<wake>::function on_wake = nullptr;

  node(loop& on, timer& of) noexcept : owner(&of) { ::uv_timer_init(on.uv(), &handle); }

  static node& of(uv_handle_t* found) noexcept { return *reinterpret_cast<node*>(found); }
  uv_handle_t* base() noexcept { return reinterpret_cast<uv_handle_t*>(&handle); }
  loop& home() const noexcept { return loop::of(handle); }

  /// A timer that is already due waits for the next turn. Up to version 1.44, libuv runs a timer
  /// that is started without a timeout inside a timer's callback in the same round, and so could go
  /// on without end.
  void start(time_ns deadline_ns) {
    ::uv_update_time(handle.loop);
    const std::uint64_t timeout_ms = whole_ms_until(handle.loop, deadline_ns);
    if (timeout_ms == 0) return home().later(turn_queue::step::to<&node::end_due>(this));
    ::uv_timer_start(
        &handle,
        [](uv_timer_t* fired) noexcept { of(reinterpret_cast<uv_handle_t*>(fired)).end_due(); },
        timeout_ms, 0);
  }

  void end_cancelled_later() { home().later(turn_queue::step::to<&node::end_cancelled>(this)); }
  void end_cancelled() noexcept { end(wake::cancelled); }
  void end_due() noexcept { end(wake::due); }

  /// The handler may destroy the timer or start it again.
  void end(wake how) noexcept {
    home().refill_inline();
    const auto waiter = on_wake;
    on_wake = nullptr;
    waiter(handle.data, how);
  }

  /// The sleep's end may be queued.
  void withdraw() noexcept {
    if (on_wake == nullptr) return;
    on_wake = nullptr;
    if (::uv_is_active(base()) != 0) {
      ::uv_timer_stop(&handle);
    } else {
      home().withdraw(turn_queue::step::to<&node::end_due>(this));
      home().withdraw(turn_queue::step::to<&node::end_cancelled>(this));
    }
  }

  void close() noexcept {
    home().closing();
    ::uv_close(base(), [](uv_handle_t* closed) noexcept {
      loop& on = of(closed).home();
      delete &of(closed);
      on.closed();
    });
  }
};

timer::~timer() {
  if (node_ == nullptr) return;
  assert(node_->on_wake == nullptr && "a timer outlives its wait");
  node_->close();
}

void timer::sleep_until(loop& on, time_ns deadline_ns, handler<wake> on_wake) {
  if (node_ == nullptr) node_ = new node(on, *this);
  assert(node_->on_wake == nullptr && "a timer carries one wait at a time (T3)");
  node_->on_wake = on_wake.call;
  node_->handle.data = on_wake.object;
  if (on.stopping()) return node_->end_cancelled_later();
  node_->start(deadline_ns);
}

void timer::cancel() noexcept {
  if (node_ != nullptr) cancel(node_->base());
}

void timer::withdraw() noexcept {
  if (node_ != nullptr) node_->withdraw();
}

void timer::cancel(uv_handle_t* handle) noexcept {
  static_assert(std::is_standard_layout_v<node>, "a handle's address is its node's");
  if (::uv_is_active(handle) == 0) return;
  node& sleeping = node::of(handle);
  ::uv_timer_stop(&sleeping.handle);
  sleeping.end_cancelled_later();
}

void timer::detach(uv_handle_t* handle) noexcept {
  if (::uv_is_closing(handle) != 0) return;
  node& left = node::of(handle);
  left.owner->node_ = nullptr;
  left.close();
}

}  // namespace skein::libuv
