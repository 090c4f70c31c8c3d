// Where tasks of Asio's rows wait for each other, and what such a wait is.
//
// Boost 1.74 has nothing that was made for it. What later versions bring (experimental::channel,
// parallel groups, operators of awaitables, cancellation_signal) is not there. What it has is what
// Asio's own example of coroutines uses (chat_server.cpp): a timer that is never due. Whoever waits
// waits for the timer. Who has something for them cancels one of these waits, or all, and Asio
// begins with the one that has waited longest (basic_waitable_timer::cancel_one). From this are
// made: semaphore, mutex and event (locks.hpp), channel (channel.hpp) and scope (scope.hpp). A task
// that is woken has been granted what it waits for, so nobody who comes in between can take it, and
// nobody is woken in vain.
//
// stop() needs no list of them: then every timer is due (loop.hpp). So a wait that was cancelled
// has been granted, and one whose timer was due has not.
//
// A wait is an operation of Asio's, and costs what Asio's cost. One that need not wait is none.
//
// What should be faster, not measured, and at what price: a timer that is never due has its place
// in Asio's heap all the same, and where it is the first there Asio sets its timerfd.
// deadline_timer at pos_infin has neither, but is of Boost.DateTime's clock, so that stop() would
// need a list. Handlers in a list of our own, as experimental::channel keeps them, would spare
// both. That would be a channel of ours and not Asio's.
#pragma once

#include <optional>
#include <type_traits>
#include <utility>

#include "runtimes/asio/around.hpp"
#include "runtimes/asio/boost_asio.hpp"
#include "runtimes/asio/loop.hpp"

namespace skein::asio {

/// The handler of a wait's timer, around the one of who waits.
template <class Wait, class Handler>
class after_wait : public around<Handler> {
 public:
  after_wait(Wait& wait, Handler handler) : around<Handler>(std::move(handler)), wait_(&wait) {}
  void operator()(const error_code& said) {
    loop::current().refill_inline();
    this->handler_(wait_->ended(said == net::error::operation_aborted));
  }

 private:
  Wait* wait_;
};

/// A timer that is never due. One of another clock than ours is not ended by stop().
template <class Executor, class Clock = clock>
class condition {
 public:
  explicit condition(loop& on) : loop_(on), timer_(on.get_executor(), Clock::time_point::max()) {}

  /// Whether stop() has ended all waits here: nobody is woken any more.
  bool stopped() const noexcept { return std::is_same_v<Clock, clock> && loop_.is_stopping(); }

  /// Calls `handler` with what `by` says of its end. `by` must stay until then.
  template <class Wait, class Handler>
  void wait(Wait& by, Handler handler) {
    timer_.async_wait(after_wait<Wait, Handler>(by, std::move(handler)));
  }

  /// Wakes the one that has waited longest. False where nobody waits.
  bool wake_one() { return !stopped() && timer_.cancel_one() > 0; }
  void wake_all() {
    if (!stopped()) timer_.cancel();
  }

 private:
  loop& loop_;
  net::basic_waitable_timer<Clock, net::wait_traits<Clock>, Executor> timer_;
};

/// A wait for its turn in an `Of`, which has a condition `turn_` and says, of such a wait,
///   now()           its output, where it need not wait
///   ended(granted)  its output, once it was woken or, not granted, stopped
template <class Of, class Output>
class wait_of {
 public:
  using output = Output;

  explicit wait_of(Of& of) noexcept : of_(&of) {}

  std::optional<Output> now() { return of_->now(); }
  /// Where that is none. The handler is called with the output, later.
  template <class Handler>
  void start(Handler handler) {
    of_->turn_.wait(*this, std::move(handler));
  }
  Output ended(bool granted) { return of_->ended(granted); }

 private:
  Of* of_;
};

}  // namespace skein::asio
