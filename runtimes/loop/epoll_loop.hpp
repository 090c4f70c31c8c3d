// An event loop under coroutines, fibers, futures and callbacks: epoll for sockets, one timer wheel
// (or heap, for comparison), one timerfd.
//
// It knows operations (op.hpp) and nothing of tasks. Techniques:
//  - Try first, then wait: submit makes the system call at once and registers only after EAGAIN.
//  - Edge-triggered, registered once per connection for its whole life.
//  - A read shorter than the buffer has drained the socket, so the read that would only say EAGAIN
//    is skipped until the next edge (epoll(7), Q9).
//  - One timerfd, armed for the next event of the timers, and only when that changes.
//
// Cancelling and stopping (O3). cancel(connection) marks the connection and puts its pending ops
// into the run queue with -ECANCELED, so no completion ever runs inside cancel. stop does the same
// to every connection, listener and timer, and from then on submit answers -ECANCELED at once.
// Tasks therefore run to their end, and run() returns when its condition says so.
//
// Single-threaded: every member is called on the thread that called run().
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <sys/epoll.h>
#include <vector>

#include "runtimes/clock.hpp"
#include "runtimes/loop/event_loop.hpp"
#include "runtimes/loop/loop_base.hpp"

namespace skein {

/// A listening socket of a loop. `waiter` is the pending accept, if any.
struct listener {
  int descriptor = -1;
  int error_number = 0;
  bool acceptable = true;
  op* waiter = nullptr;

  /// 0, ECANCELED after cancel, else the errno that accept failed with.
  int error() const noexcept { return error_number; }
};

class epoll_loop : public loop_base<epoll_loop, listener> {
 public:
  static constexpr loop_facts facts() noexcept {
    return {.suffix = "",
            .loop = "epoll, edge-triggered, registered once",
            .timer_source = "hierarchical wheel, one timerfd",
            .receives_into_ring = false,
            .orders_woken = true};
  }

  /// Throws std::system_error when epoll or timerfd cannot be made.
  explicit epoll_loop(const scheduler_options& options);
  ~epoll_loop();

  // The verbs, as event_loop says.
  listener& listen(int descriptor);
  submitted submit_accept(listener& from, op& waiter);
  submitted submit_read(connection& from, op& waiter);
  /// What the kernel does not take at once is copied, so the caller's bytes may be reused on
  /// return.
  submitted submit_write(connection& to, std::span<const std::byte> data, op& waiter);
  /// As submit_read, but an op that has to wait completes as soon as a read is worth trying, and
  /// without one: it is submitted again. For who cannot take lent bytes at the moment they come.
  submitted submit_read_when_polled(connection& from, op& waiter);
  void cancel(connection& target) noexcept;
  void cancel(listener& target) noexcept;
  // Withdraw an op of the object in whatever state it is (O3). Of a write that was pending the peer
  // gets a part, or nothing.
  void withdraw_accept(listener& from, op& waiter) noexcept;
  void withdraw_read(connection& from, op& waiter) noexcept;
  void withdraw_write(connection& to, op& waiter) noexcept;
  void close(connection& closed) noexcept;
  const std::byte* data(const connection& of) const noexcept { return buffer_of(of); }
  /// Then its event is on its way, if it has not come, too.
  bool has_come(const connection& of) const noexcept;

 private:
  friend class loop_base<epoll_loop, listener>;

  void wait_and_dispatch();
  void arm_timer();
  bool poll_is_due() noexcept;
  void dispatch(const epoll_event& event);
  void dispatch_connection(connection& ready, std::uint32_t events);

  void watch(inbox* messages);
  void unwatch(inbox* messages);
  int add(int descriptor, std::uint32_t events, std::uint64_t token) noexcept;

  bool try_accept(listener& from, op& waiter);
  bool adopt(int descriptor, op& waiter);
  void wake_acceptor(listener& from);
  void continue_accept(listener& from);

  bool try_read(connection& from, op& waiter) noexcept;
  void wake_reader(connection& from);
  void continue_read(connection& from);

  void drop_unsent(connection& of) noexcept;
  submitted keep_unsent(connection& to, std::span<const std::byte> rest, op& waiter);
  void continue_write(connection& to);
  void finish_write(connection& to, int result);

  int epoll_ = -1;
  int timer_ = -1;
  static constexpr time_ns poll_interval_ns = 20 * ns_per_us;
  time_ns armed_ns_ = 0;   ///< what timer_ is set to; 0 is disarmed
  time_ns polled_ns_ = 0;  ///< when the kernel was last asked while tasks were runnable
  std::vector<epoll_event> events_;
};

static_assert(event_loop<epoll_loop>);

extern template class loop_base<epoll_loop, listener>;

}  // namespace skein
