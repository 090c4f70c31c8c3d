// The event loop under coroutines and fibers: epoll for sockets, one timer wheel (or
// heap, for comparison), one timerfd.
//
// It knows operations (op.hpp) and nothing of tasks. Techniques:
//  - Try first, then wait: submit attempts the system call at once and only an EAGAIN registers.
//  - Edge-triggered, registered once per connection for its whole life.
//  - A read shorter than the buffer has drained the socket, so the read that would only say EAGAIN
//  is
//    skipped until the next edge (epoll(7), Q9).
//  - One timerfd armed for the next event of the timers, and only when that moves.
//
// One turn of run():
//   1. the run queue (spawned and yielded tasks, deferred operations), in order, until it is empty
//      or 64 ops ran;
//   2. timers that are due;
//   3. epoll_wait: blocking if nothing is queued, else only if 20 us passed since it was last
//   asked;
//   4. the events, each completing the ops it satisfies;
//   5. slots closed meanwhile become reusable.
//
// Cancelling and stopping (O3). cancel(connection) marks it and hands its pending ops to the run
// queue with -ECANCELED, so no completion ever runs inside cancel. stop does the same to every
// connection, listener and timer there is, and from then on submit answers -ECANCELED at once;
// tasks therefore run to their end, and run() returns when its condition says so.
//
// Single-threaded: every member is called on the thread that called run().
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <sys/epoll.h>
#include <unordered_map>
#include <vector>

#include "runtimes/clock.hpp"
#include "runtimes/inbox.hpp"
#include "runtimes/loop/connection.hpp"
#include "runtimes/loop/timer_queue.hpp"
#include "runtimes/op.hpp"
#include "runtimes/options.hpp"

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

class epoll_loop {
 public:
  using connection = skein::connection;
  using listener = skein::listener;

  /// Throws std::system_error when epoll or timerfd cannot be made.
  explicit epoll_loop(const scheduler_options& options);
  ~epoll_loop();
  epoll_loop(const epoll_loop&) = delete;
  epoll_loop& operator=(const epoll_loop&) = delete;

  /// Adopts a listening, non-blocking descriptor.
  listener& listen(int descriptor);

  /// accept: result 0 and target = the connection, or a negated errno. One pending per listener.
  submitted submit_accept(listener& from, op& waiter);

  /// read: result = bytes, 0 at the end, or a negated errno; the bytes are at data(connection).
  /// With waiter.multishot set it stays submitted and completes for every chunk.
  submitted submit_read(connection& from, op& waiter);

  /// write: result 0 when all bytes are with the kernel, else a negated errno. What the kernel does
  /// not take at once is copied, so the caller's bytes are free again on return.
  submitted submit_write(connection& to, std::span<const std::byte> data, op& waiter);

  /// sleep until waiter.deadline_ns: result 0, or -ECANCELED.
  submitted submit_sleep(op& waiter);

  /// Completes `ready` from the run queue, after everything queued before it.
  void post(op& ready) noexcept { defer(ready, queued_action::complete); }

  void cancel(connection& target) noexcept;
  void cancel(listener& target) noexcept;
  /// `sleeper` may be in any state; only one that waits for its deadline is affected.
  void cancel_sleep(op& sleeper) noexcept;

  /// Closes the descriptor. No operation of the connection may be pending.
  void close(connection& closed) noexcept;

  /// The bytes of the connection's last read (buffer_policy says for how long).
  const std::byte* data(const connection& of) const noexcept { return buffer_of(of); }

  /// Runs until `done()`, which is asked after tasks ran and before the loop would block; serves
  /// `door`, if any, meanwhile.
  template <class Done>
  void run(inbox* door, Done&& done) {
    watch(door);
    while (true) {
      run_queued();
      expire_timers();
      if (done()) break;
      wait_and_dispatch();
      connections_.release_closed();
    }
    unwatch(door);
    connections_.release_closed();
  }

  /// Cancels all that is pending and all that will be.
  void stop() noexcept;
  bool stopping() const noexcept { return stopping_; }

  std::size_t live_connections() const noexcept { return connections_.live(); }
  std::size_t pending_timers() const noexcept { return timers_.size(); }

  connection_table& connections() noexcept { return connections_; }

 private:
  /// Looking at the clock costs as much as several yields, asking the kernel as much as twenty:
  /// neither is done after each.
  static constexpr std::uint32_t ops_between_looks = 64;
  static constexpr time_ns poll_interval_ns = 20 * ns_per_us;

  struct unsent_tail {
    std::vector<std::byte> data;
    std::size_t sent = 0;
  };

  void run_queued();
  void resume_queued(op& ready);
  void expire_timers();
  void arm_timer();
  bool poll_is_due() noexcept;
  void wait_and_dispatch();
  void dispatch(const epoll_event& event);
  void dispatch_connection(connection& ready, std::uint32_t events);

  void watch(inbox* door);
  void unwatch(inbox* door);
  int add(int descriptor, std::uint32_t events, std::uint64_t token) noexcept;

  bool try_accept(listener& from, op& waiter);
  bool adopt(int descriptor, op& waiter);
  void continue_accept(listener& from);

  bool try_read(connection& from, op& waiter) noexcept;
  void continue_read(connection& from);
  void deliver_chunk(connection& from, op& waiter);

  submitted keep_unsent(connection& to, std::span<const std::byte> rest, op& waiter);
  void continue_write(connection& to);
  void finish_write(connection& to, int result);

  void park(op& waiter) noexcept { waiter.state = op_state::waiting; }
  void defer(op& waiter, queued_action action) noexcept;
  submitted answer(op& waiter, int result) noexcept;
  void end_now(op*& pending, int result);
  void end_later(op*& pending, int result) noexcept;

  std::byte* buffer_of(const connection& of) const noexcept;
  void provide_own_buffer(const connection& for_slot);

  void complete(op& finished) noexcept {
    inline_left_ = options_.inline_budget;
    finished.complete(finished);
  }
  bool take_inline() noexcept {
    if (inline_left_ == 0) return false;
    --inline_left_;
    return true;
  }

  scheduler_options options_;
  std::uint32_t inline_left_;
  std::uint32_t ran_since_look_ = 0;
  time_ns polled_ns_ = 0;  ///< when the kernel was last asked while tasks were runnable
  bool stopping_ = false;
  int epoll_ = -1;
  int timer_ = -1;
  time_ns armed_ns_ = 0;  ///< what timer_ is set to; 0 is disarmed
  timer_queue timers_;
  op_queue run_queue_;
  connection_table connections_;
  std::list<listener> listeners_;
  std::unordered_map<std::uint32_t, unsent_tail> unsent_;  ///< by slot; empty unless a peer is slow
  std::unique_ptr<std::byte[]> scratch_;
  std::vector<std::unique_ptr<std::byte[]>> own_buffers_;  ///< by slot, policy `own` only
  std::vector<epoll_event> events_;
  inbox* door_ = nullptr;
};

}  // namespace skein
