// libuv as its users use it, behind the callback style of the interface.
//
// Three things here are not libuv's: handlers are a function pointer and an object (handler.hpp),
// steps for the next turn are kept on an idle handle (turn_queue.hpp), and cancelling is built from
// what libuv has (connection.hpp, timer.hpp).
//
// The practice of libuv's maintainers is followed:
//  - uv_try_write comes before uv_write, which is queued for the unsent tail only.
//  - Handles are embedded in the objects that use them.
//  - One read buffer, the loop's, is lent by alloc_cb.
//  - uv_update_time is called before a timer is armed, because the cached time may be old.
//  - uv_loop_configure is not used: UV_METRICS_IDLE_TIME would add clock reads to each turn,
//    UV_LOOP_BLOCK_SIGNAL concerns profilers, and UV_LOOP_USE_IO_URING_SQPOLL serves file
//    operations (libuv 1.49), of which there are none.
// Sockets are level-triggered, which is libuv's choice and not an option. After a chunk that filled
// the buffer libuv reads on, up to 32 times; a shorter chunk ends the turn's reading.
//
// How stop() ends everything: it marks the loop, so that later waits end at once. It cancels all
// listeners and walks the loop's handles to cancel every pending receive, write and sleep. Nothing
// completes inside stop: the handlers run in the next turn, each exactly once. run() returns when
// all tasks have ended and every handle they closed is gone.
#pragma once

#include <list>

#include "runtimes/libuv/connection.hpp"
#include "runtimes/libuv/listener.hpp"
#include "runtimes/libuv/loop.hpp"
#include "runtimes/libuv/timer.hpp"
#include "runtimes/options.hpp"
#include "runtimes/scheduler.hpp"
#include "runtimes/shared/handler.hpp"

namespace skein::libuv {

class scheduler {
 public:
  using connection = libuv::connection;
  using listener = libuv::listener;
  using timer = libuv::timer;

  /// Makes the process ignore SIGPIPE. Throws std::system_error.
  explicit scheduler(const scheduler_options& options) : loop_(options) {}
  /// Closes what is left open. No wait may be pending.
  ~scheduler();
  scheduler(const scheduler&) = delete;
  scheduler& operator=(const scheduler&) = delete;

  static runtime_info info() noexcept;

  template <auto OnStep, class Session>
  void spawn(Session* session) {
    loop_.task_started();
    yield<OnStep>(session);
  }
  template <auto OnStep, class Session>
  void yield(Session* session) {
    loop_.later(handler<>::to<OnStep>(session));
  }

  template <auto OnWake, class Session>
  void sleep_until(timer& on, time_ns deadline_ns, Session* session) {
    on.sleep_until(loop_, deadline_ns, handler<wake>::to<OnWake>(session));
  }

  /// Adopts a listening descriptor. Throws std::system_error.
  listener& listen(int descriptor);

  /// The handler gets every connection, then null when cancelled or when accepting failed.
  template <auto OnAccept, class Session>
  void accept(listener& from, Session* session) {
    from.accept(handler<connection*>::to<OnAccept>(session));
  }

  /// The handler gets every chunk and then an empty one at the end; close ends this early. Lent
  /// bytes are valid until the handler returns.
  template <auto OnChunk, class Session>
  void receive(connection& from, Session* session) {
    from.receive(handler<bytes>::to<OnChunk>(session));
  }

  /// The handler may run before write returns.
  template <auto OnWritten, class Session>
  void write(connection& to, bytes data, Session* session) {
    to.write(data, handler<bool>::to<OnWritten>(session));
  }

  void close(connection& closed) noexcept { closed.close(); }
  void cancel(connection& target) noexcept { target.cancel(); }
  void cancel(listener& target) noexcept { target.cancel(); }
  void cancel(timer& target) noexcept { target.cancel(); }
  void withdraw(timer& target) noexcept { target.withdraw(); }
  /// Of a connection that is received from.
  bool has_come(const connection& from) const noexcept { return from.has_come(); }

  /// Called by a task as it ends.
  void task_done() noexcept { loop_.task_ended(); }

  void run() { loop_.run(nullptr); }
  void run(inbox& messages) { loop_.run(&messages); }
  void stop() noexcept;

  live_counts live() const noexcept { return {loop_.tasks(), loop_.connections()}; }

 private:
  template <class Visitor>
  void walk(Visitor visit) noexcept;
  bool is_listener(const uv_handle_t* handle) const noexcept;

  loop loop_;
  std::list<listener> listeners_;
};

static_assert(callback_scheduler<scheduler> && read_deadline_scheduler<scheduler>);

}  // namespace skein::libuv
