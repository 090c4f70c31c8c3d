// The callback style of the interface on an event loop of ours, so that the cost of the style can
// be told from the cost of libuv.
//
// The loop is the one that the coroutine and fiber runtimes use. A wait submits an operation to the
// loop (a connection's receive, a listener's accept or a timer's sleep), and its completion calls
// the handler (handler.hpp). Nothing is allocated per operation: pending writes take their
// operation from a pool, which grows to the largest number that were ever pending together.
//
// Steps (spawn, yield) need no operation each: they are queued as handlers behind one operation of
// the scheduler. That operation runs them in order, a bounded number at a time, as the loop runs
// its own queue.
//
// close may be called from inside any handler. A receive that is pending then still completes,
// through the run queue, and only that completion frees the connection object.
#pragma once

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstddef>
#include <deque>
#include <memory>
#include <vector>

#include "runtimes/callback/connection.hpp"
#include "runtimes/clock.hpp"
#include "runtimes/inbox.hpp"
#include "runtimes/info.hpp"
#include "runtimes/loop/epoll_loop.hpp"
#include "runtimes/loop/info_on.hpp"
#include "runtimes/loop/uring_loop.hpp"
#include "runtimes/options.hpp"
#include "runtimes/scheduler.hpp"
#include "runtimes/shared/handler.hpp"
#include "runtimes/sync/types.hpp"

namespace skein::callback {

/// A cancellable sleep. Carries one wait at a time (T3).
class timer : op {
 public:
  timer() noexcept : op(&completed) {}

 private:
  template <class Loop>
  friend class basic_scheduler;

  /// The handler may destroy the timer or sleep on it again.
  static void completed(op& slept) noexcept {
    const timer& self = static_cast<timer&>(slept);
    const handler<wake> waiter = self.on_wake_;
    waiter(slept.result == 0 ? wake::due : wake::cancelled);
  }

  handler<wake> on_wake_;
};

/// A place in a session for a wait of runtimes/sync. Carries one at a time.
template <sync::waitable Wait>
class waiting : op {
 public:
  explicit waiting(const Wait& wait) noexcept : op(&completed), wait_(wait) {}
  ~waiting() { assert(state == op_state::idle && "a session ended with its wait pending"); }

 private:
  template <class Loop>
  friend class basic_scheduler;

  /// The handler may end the session, or wait here again.
  static void completed(op& ended) noexcept {
    auto& self = static_cast<waiting&>(ended);
    const handler<typename Wait::output> on_end = self.on_end_;
    on_end(self.wait_.take(self));
  }

  Wait wait_;
  handler<typename Wait::output> on_end_;
};

template <class Loop>
class listener : op {
 public:
  listener(basic_scheduler<Loop>& on, typename Loop::listener& socket) noexcept
      : op(&completed), home_(on), socket_(socket) {}

  /// 0, ECANCELED after cancel, else the errno that accepting failed with.
  int error() const noexcept { return socket_.error(); }

 private:
  friend class basic_scheduler<Loop>;

  static void completed(op& accepted) noexcept {
    auto& self = static_cast<listener&>(accepted);
    if (self.home_.accepted(self)) self.home_.accept_more(self);
  }

  basic_scheduler<Loop>& home_;
  typename Loop::listener& socket_;
  handler<connection<Loop>*> on_accept_;
};

template <class Loop>
class basic_scheduler : public sync::types<Loop> {
 public:
  using scope = sync::scope<Loop>;
  using read_wait = sync::reading<Loop>;
  template <class Wait>
  using waiting = callback::waiting<Wait>;
  using connection = callback::connection<Loop>;
  using listener = callback::listener<Loop>;
  using timer = callback::timer;

  explicit basic_scheduler(const scheduler_options& options) : loop_(options), turn_(*this) {}
  ~basic_scheduler() { assert(tasks_ == 0 && "a task outlived its scheduler"); }
  basic_scheduler(const basic_scheduler&) = delete;
  basic_scheduler& operator=(const basic_scheduler&) = delete;

  static runtime_info info() {
    runtime_info about = info_on<basic_scheduler, Loop>("callback");
    about.style = "callback";
    about.task = "a session object whose handlers name the next step";
    return about;
  }

  template <auto OnStep, class Session>
  void spawn(Session* session) {
    steps_.push_back(handler<>::to<OnStep>(session));
    if (!turn_is_to_come()) loop_.post(turn_);
    ++tasks_;
  }
  /// A step that yields while a turn is to come, or under way, has the next one: that is posted
  /// behind all that could be run by then (S4).
  template <auto OnStep, class Session>
  void yield(Session* session) {
    if (turn_is_to_come()) return yielded_.push_back(handler<>::to<OnStep>(session));
    steps_.push_back(handler<>::to<OnStep>(session));
    loop_.post(turn_);
  }

  /// A task of a scope: it says so when it is over, by task_done(within).
  template <auto OnStep, class Session>
  void spawn(scope& within, Session* session) {
    spawn<OnStep>(session);
    within.begin_one();
  }
  void task_done(scope& within) noexcept {
    task_done();
    within.end_one();
  }

  /// Any wait of runtimes/sync. The handler may run before until returns.
  template <auto OnEnd, class Wait, class Session>
  void until(waiting<Wait>& at, Session* session) {
    assert(at.state == op_state::idle && "one wait at a time");
    at.on_end_ = handler<typename Wait::output>::template to<OnEnd>(session);
    if (at.wait_.submit(at) == submitted::done) at.complete(at);
  }
  Loop& loop() noexcept { return loop_; }

  template <auto OnWake, class Session>
  void sleep_until(timer& on, time_ns deadline_ns, Session* session) {
    assert(on.state == op_state::idle && "a timer carries one wait at a time (T3)");
    on.on_wake_ = handler<wake>::to<OnWake>(session);
    on.deadline_ns = deadline_ns;
    if (loop_.submit_sleep(on) == submitted::done) on.complete(on);
  }

  listener& listen(int descriptor) {
    return listeners_.emplace_back(*this, loop_.listen(descriptor));
  }

  /// The handler gets every connection, then null when cancelled or when accepting failed.
  template <auto OnAccept, class Session>
  void accept(listener& from, Session* session) {
    assert(from.state == op_state::idle && "one accept at a time on a listener");
    from.on_accept_ = handler<connection*>::template to<OnAccept>(session);
    accept_more(from);
  }

  /// The handler gets every chunk and then an empty one at the end; close ends this early. Lent
  /// bytes are valid until the handler returns or, if the handler began a write of them, until that
  /// write ends.
  template <auto OnChunk, class Session>
  void receive(connection& from, Session* session) {
    from.on_chunk_ = handler<bytes>::to<OnChunk>(session);
    if (loop_.submit_read(*from.socket_, from) == submitted::done) received(from);
  }

  /// The handler may run before write returns.
  template <auto OnWritten, class Session>
  void write(connection& to, bytes data, Session* session) {
    pending_write& pending = take_write();
    pending.on_written = handler<bool>::to<OnWritten>(session);
    if (loop_.submit_write(*to.socket_, data, pending) == submitted::done) end_write(pending);
  }

  void close(connection& closed) noexcept {
    const bool receiving = closed.state != op_state::idle;
    if (receiving) ++closing_;
    loop_.close(*closed.socket_);
    closed.socket_ = nullptr;
    if (!receiving) delete &closed;
  }
  void cancel(connection& target) noexcept { loop_.cancel(*target.socket_); }
  void cancel(listener& target) noexcept { loop_.cancel(target.socket_); }
  void cancel(timer& target) noexcept { loop_.cancel_sleep(target); }
  void withdraw(timer& target) noexcept { loop_.withdraw_sleep(target); }
  /// Of a connection that is received from.
  bool has_come(const connection& from) const noexcept { return loop_.has_come(*from.socket_); }

  /// Called by a task as it ends.
  void task_done() noexcept {
    assert(tasks_ > 0 && "task_done is called once per task");
    --tasks_;
  }

  void run() {
    loop_.run(nullptr, [this] { return over(); });
  }
  void run(inbox& messages) {
    loop_.run(&messages, [this] { return loop_.stopping() && over(); });
  }
  void stop() noexcept { loop_.stop(); }

  live_counts live() const noexcept { return {tasks_, loop_.live_connections()}; }

 private:
  friend connection;
  friend listener;

  /// The operation behind which the steps wait.
  struct turn : op {
    explicit turn(basic_scheduler& on) noexcept : op(&completed), home(on) {}
    static void completed(op& turned) noexcept { static_cast<turn&>(turned).home.run_steps(); }
    basic_scheduler& home;
  };

  struct pending_write : op {
    explicit pending_write(basic_scheduler& on) noexcept : op(&completed), home(on) {}
    static void completed(op& written) noexcept {
      auto& self = static_cast<pending_write&>(written);
      self.home.end_write(self);
    }
    basic_scheduler& home;
    handler<bool> on_written;
  };

  bool over() const noexcept {
    return tasks_ == 0 && closing_ == 0 && steps_.empty() && yielded_.empty();
  }
  bool turn_is_to_come() const noexcept { return in_turn_ || turn_.state != op_state::idle; }

  /// Runs the steps that were queued before this turn, and no more of them than the loop allows
  /// before it looks at timers and the kernel.
  void run_steps() noexcept {
    in_turn_ = true;
    const std::size_t count = std::min(steps_.size(), loop_.steps_left());
    loop_.count_more_steps(count - 1);
    for (std::size_t left = count; left > 0; --left) {
      const handler<> step = steps_.front();
      steps_.pop_front();
      step();
    }
    in_turn_ = false;
    if (steps_.empty()) {
      steps_.swap(yielded_);
    } else {
      steps_.insert(steps_.end(), yielded_.begin(), yielded_.end());
      yielded_.clear();
    }
    if (!steps_.empty()) loop_.post(turn_);
  }

  void accept_more(listener& from) {
    while (loop_.submit_accept(from.socket_, from) == submitted::done) {
      if (!accepted(from)) return;
    }
  }
  /// Hands the result of the finished accept to the handler. True if there may be more.
  bool accepted(listener& from) {
    if (from.result < 0) {
      from.on_accept_(nullptr);
      return false;
    }
    auto& socket = *static_cast<typename Loop::connection*>(from.target);
    from.on_accept_(new connection(*this, socket));
    return true;
  }

  void received(connection& from) noexcept {
    if (from.socket_ == nullptr) {  // closed meanwhile
      --closing_;
      delete &from;
      return;
    }
    if (from.result <= 0) return from.on_chunk_({});
    from.on_chunk_({loop_.data(*from.socket_), static_cast<std::size_t>(from.result)});
  }

  pending_write& take_write() {
    if (spare_writes_.empty()) {
      writes_.push_back(std::make_unique<pending_write>(*this));
      spare_writes_.reserve(writes_.size());
      return *writes_.back();
    }
    pending_write& spare = *spare_writes_.back();
    spare_writes_.pop_back();
    return spare;
  }
  void end_write(pending_write& ended) noexcept {
    const handler<bool> on_written = ended.on_written;
    const bool complete = ended.result == 0;
    spare_writes_.push_back(&ended);
    on_written(complete);
  }

  Loop loop_;
  turn turn_;
  std::deque<handler<>> steps_;
  std::deque<handler<>> yielded_;  ///< of the turn that is to come: they have the one after it
  bool in_turn_ = false;
  std::deque<listener> listeners_;
  std::vector<std::unique_ptr<pending_write>> writes_;
  std::vector<pending_write*> spare_writes_;  ///< the entries of writes_ that are not pending
  std::size_t tasks_ = 0;
  std::size_t closing_ = 0;  ///< closed connections whose receive has not completed yet
};

using scheduler = basic_scheduler<epoll_loop>;
using uring_scheduler = basic_scheduler<uring_loop>;

static_assert(callback_scheduler<scheduler> && read_deadline_scheduler<scheduler>);
static_assert(callback_scheduler<uring_scheduler> && read_deadline_scheduler<uring_scheduler>);

}  // namespace skein::callback
