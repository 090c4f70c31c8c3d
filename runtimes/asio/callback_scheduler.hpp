// asio_cb: Boost.Asio with completion handlers, behind the callback style of the interface. How
// Asio is used, and what is unequal: boost_asio.hpp.
//
// A waiting session has one operation of Asio's, whose handler is an address or two. A connection
// is a heap object, as shared_ptr sessions are in Asio's examples, and without the reference count.
//
// What tasks wait for from each other, and why it is made of timers: condition.hpp; why a mutex is:
// locks.hpp. The handler of such a wait is the address of the wait and the session's handler.
//
// What the interface adds to a program by hand: 16 bytes to a sleeper (a timer that may be made
// before its scheduler is known), 64 to a connection (its session is an object of its own, its
// handler is stored, and stop() needs a list of connections, as Asio's HTTP server example has).
//
// Unequal: this row is arranged for what Asio recycles. A listener waits for its next connection
// before it hands one over, and sessions that are spawned together start behind one operation. The
// coroutine rows do neither: a task accepts again when its turn comes, and each is spawned by an
// operation of its own.
#pragma once

#include <deque>
#include <optional>

#include "runtimes/asio/callback_connection.hpp"
#include "runtimes/asio/info.hpp"
#include "runtimes/asio/scheduler_base.hpp"
#include "runtimes/asio/sync_types.hpp"
#include "runtimes/scheduler.hpp"
#include "runtimes/shared/handler.hpp"

namespace skein::asio {

class callback_scheduler;

/// A place in a session for a wait of condition.hpp or offload.hpp. Carries one at a time.
template <class Wait>
class waiting {
 public:
  explicit waiting(const Wait& wait) : wait_(wait) {}

 private:
  friend callback_scheduler;
  Wait wait_;
};

class callback_scheduler final
    : public scheduler_base<callback_connection, callback_listener, timer<concrete_executor>>,
      public sync_types<concrete_executor> {
 public:
  template <class Wait>
  using waiting = asio::waiting<Wait>;
  using scheduler_base::scheduler_base;

  static runtime_info info() { return callback_info(); }

  template <auto OnStep, class Session>
  void spawn(Session* session) {
    on().task_started();
    start_later(handler<>::to<OnStep>(session));
  }
  /// A task of a scope: it says so when it is over, by task_done(within).
  template <auto OnStep, class Session>
  void spawn(scope& within, Session* session) {
    within.begin_one();
    spawn<OnStep>(session);
  }
  template <auto OnStep, class Session>
  void yield(Session* session) {
    post(handler<>::to<OnStep>(session));
  }
  template <auto OnWake, class Session>
  void sleep_until(timer& sleeps, time_ns deadline_ns, Session* session) {
    sleep_until(sleeps, deadline_ns, handler<wake>::to<OnWake>(session));
  }
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
  /// The handler may run before until returns, and may end the session or wait here again.
  template <auto OnEnd, class Wait, class Session>
  void until(waiting<Wait>& at, Session* session) {
    using output = typename Wait::output;
    const auto on_end = handler<output>::template to<OnEnd>(session);
    if (const std::optional<output> ended = at.wait_.now()) {
      if (on().take_inline()) return on_end(*ended);
      return net::post(on(), [on_end, how = *ended]() noexcept {
        loop::current().refill_inline();
        on_end(how);
      });
    }
    at.wait_.start(on_end);
  }
  /// Called by a task as it ends.
  void task_done() { on().task_ended(); }
  void task_done(scope& within) {
    task_done();
    within.end_one();
  }

 private:
  void start_later(handler<> step);
  void start_all();
  void post(handler<> step);
  void sleep_until(timer& sleeps, time_ns deadline_ns, handler<wake> on_wake);

  std::deque<handler<>> starting_;  ///< spawned, not started yet
};

static_assert(skein::callback_scheduler<callback_scheduler>);
static_assert(sync_scheduler<callback_scheduler>);

}  // namespace skein::asio
