// What the event loops are made of, whatever the kernel's interface is: the run queue, the inline
// budget, timers, the connection table, and the order of a turn.
//
// One turn of run():
//   1. the run queue (spawned and yielded tasks, deferred operations), in order, until it is empty
//      or 64 ops have run;
//   2. timers that are due;
//   3. asking the kernel, which blocks if nothing is queued; otherwise each loop decides how often
//      it asks;
//   4. the kernel's events, each completing the ops it satisfies;
//   5. slots closed meanwhile become reusable.
// Each loop supplies steps 3 and 4, and accept, read and write. `Loop` is the loop that derives
// from this class (no virtual call is made); it has watch, unwatch, wait_and_dispatch,
// continue_accept, continue_read, cancel(connection) and cancel(listener).
//
// Single-threaded: every member is called on the thread that called run().
#pragma once

#include <cassert>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runtimes/clock.hpp"
#include "runtimes/inbox.hpp"
#include "runtimes/loop/connection.hpp"
#include "runtimes/loop/stoppable.hpp"
#include "runtimes/loop/timer_queue.hpp"
#include "runtimes/loop/watched_inboxes.hpp"
#include "runtimes/op.hpp"
#include "runtimes/options.hpp"
#include "runtimes/ready_queue.hpp"

namespace skein {

/// What a loop contributes to the description of a runtime on it. All strings are static.
struct loop_facts {
  std::string_view suffix;        ///< of the runtime's id
  std::string_view loop;          ///< as in runtime_info
  std::string_view timer_source;  ///< likewise
  bool receives_into_ring;        ///< runtime_info::takes_receive_ring
  bool orders_woken;              ///< runtime_info::takes_strategy of who is resumed by it
};

template <class Loop, class Listener>
class loop_base {
 public:
  using stays_on_thread = void;
  using connection = skein::connection;
  using listener = Listener;

  loop_base(const loop_base&) = delete;
  loop_base& operator=(const loop_base&) = delete;

  /// sleep until waiter.deadline_ns: result 0, or -ECANCELED.
  submitted submit_sleep(op& waiter);

  /// Completes `ready` from the run queue, after everything queued before it.
  void post(op& ready) noexcept { defer(ready, queued_action::complete); }

  /// `sleeper` may be in any state; only one that waits for its deadline is affected.
  void cancel_sleep(op& sleeper) noexcept;

  /// Withdraws a sleep in whatever state it is (O3).
  void withdraw_sleep(op& sleeper) noexcept;

  /// Ends the pending read of a connection, if there is one and nothing has come for it. The
  /// connection stays as it is.
  void give_up_read(connection& from, int result) noexcept {
    if (from.reader != nullptr && !self().has_come(from)) end_later(from.reader, result);
  }

  /// Runs until `done()`, which is asked after tasks ran and before the loop would block. Serves
  /// `messages`, if any, meanwhile.
  template <class Done>
  void run(inbox* messages, Done&& done) {
    const watched_inboxes::run_scope running(all_inboxes_, messages);
    self().watch(running.watched());
    while (true) {
      run_queued();
      expire_timers();
      if (done()) break;
      self().wait_and_dispatch();
      connections_.release_closed();
    }
    self().unwatch(running.watched());
    connections_.release_closed();
  }

  /// Cancels everything pending, and everything submitted later.
  void stop() noexcept;
  bool stopping() const noexcept { return stopping_; }

  /// Through which other threads end waits. It is first asked for before run.
  mailbox& from_other_threads() { return all_inboxes_.from_other_threads(); }

  // For what tasks wait for without the kernel (runtimes/sync).
  /// stop() reaches it from now on.
  void enlist(stoppable& made) noexcept { stoppables_.add(made); }
  /// Gives its result to an op that need not wait: inline while the budget lasts, otherwise through
  /// the run queue (O5).
  submitted answer(op& waiter, int result) noexcept;
  /// Takes an op out of the run queue, which is searched for it.
  void unqueue(op& queued) noexcept { make_idle(queued); }

  /// Some styles queue many steps behind one op: steps_left is how many it may run this turn,
  /// itself included, and count_more_steps reports those it ran beyond one. So every style's steps
  /// count alike towards the loop's next look at timers and the kernel.
  std::size_t steps_left() const noexcept { return ops_between_looks - ran_since_look_ + 1; }
  void count_more_steps(std::size_t steps) noexcept {
    ran_since_look_ += static_cast<std::uint32_t>(steps);
  }
  /// Whether any op waits in the run queue: where none does, who runs steps behind an op may go on.
  bool others_wait() const noexcept { return !run_queue_.empty(); }
  /// Each such step has an inline budget of its own (O5).
  void begin_step() noexcept { refill_inline(); }

  std::size_t live_connections() const noexcept { return connections_.live(); }
  std::size_t pending_timers() const noexcept { return timers_.size(); }

  connection_table& connections() noexcept { return connections_; }

 protected:
  explicit loop_base(const scheduler_options& options)
      : options_(options),
        inline_left_(options.inline_budget),
        orders_woken_(options.strategy != run_strategy::fifo),
        timers_(options.timers, options.tick_ns, monotonic_clock::now_ns()),
        run_queue_(options.strategy),
        scratch_(std::make_unique<std::byte[]>(options.buffer_bytes)) {}
  ~loop_base() { assert(timers_.empty() && "a sleeping task outlived its loop"); }

  /// Bytes of a write that the loop keeps, because the caller may reuse its own.
  struct unsent_tail {
    std::vector<std::byte> data;
    std::size_t sent = 0;
  };

  void run_queued();
  void resume_queued(op& ready);
  void expire_timers();

  static void park(op& waiter) noexcept { waiter.state = op_state::waiting; }
  void make_idle(op& withdrawn) noexcept;
  void defer(op& waiter, queued_action action) noexcept;
  void defer_woken(op& waiter, queued_action action) noexcept;
  void end_now(op*& waiting, int result);
  void end_woken(op*& waiting, int result);
  void end_later(op*& waiting, int result) noexcept;
  bool deliver_chunk(connection& from, op& waiter);
  void resume_reading(connection& from) noexcept;

  std::byte* buffer_of(const connection& of) const noexcept;
  void provide_own_buffer(const connection& for_slot);
  void drop_own_buffer(const connection& of_slot) noexcept;

  void refill_inline() noexcept { inline_left_ = options_.inline_budget; }
  void complete(op& finished) noexcept {
    refill_inline();
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
  bool stopping_ = false;
  const bool orders_woken_;  ///< who is woken by an event is queued; else it runs at once, in order
  timer_queue timers_;
  ready_queue<op> run_queue_;
  connection_table connections_;
  std::deque<listener> listeners_;
  std::unordered_map<std::uint32_t, unsent_tail> unsent_;  ///< by slot; empty unless a peer is slow
  std::unique_ptr<std::byte[]> scratch_;
  std::vector<std::unique_ptr<std::byte[]>> own_buffers_;  ///< by slot, policy `own` only
  inbox* inbox_ = nullptr;
  watched_inboxes all_inboxes_;
  stoppables stoppables_;

 private:
  /// Looking at the clock costs as much as several yields, so the loop does not do it after each.
  static constexpr std::uint32_t ops_between_looks = 64;

  Loop& self() noexcept { return static_cast<Loop&>(*this); }
};

// --- a turn ---------------------------------------------------------------------------------

template <class Loop, class Listener>
void loop_base<Loop, Listener>::run_queued() {
  while (ran_since_look_ < ops_between_looks) {
    op* ready = run_queue_.pop();
    if (ready == nullptr) return;
    resume_queued(*ready);
  }
}

template <class Loop, class Listener>
void loop_base<Loop, Listener>::resume_queued(op& ready) {
  ++ran_since_look_;
  refill_inline();
  switch (ready.action) {
    case queued_action::complete:
    case queued_action::report_readable:  // never of a queued op: defer says what is to be done
      ready.state = op_state::idle;
      complete(ready);
      return;
    case queued_action::retry_read:
      park(ready);
      self().continue_read(*static_cast<connection*>(ready.target));
      return;
    case queued_action::retry_accept:
      park(ready);
      self().continue_accept(*static_cast<listener*>(ready.target));
      return;
  }
}

template <class Loop, class Listener>
void loop_base<Loop, Listener>::expire_timers() {
  if (timers_.empty()) return;
  timers_.advance(monotonic_clock::now_ns(), [this](op& due) {
    due.result = 0;
    if (orders_woken_) return defer_woken(due, queued_action::complete);
    due.state = op_state::idle;
    complete(due);
  });
}

// --- sleep ----------------------------------------------------------------------------------

template <class Loop, class Listener>
submitted loop_base<Loop, Listener>::submit_sleep(op& waiter) {
  if (stopping_) return answer(waiter, -ECANCELED);
  waiter.result = 0;
  // The timers are not advanced while they are empty, so they are brought to the present first.
  if (timers_.empty()) timers_.advance(monotonic_clock::now_ns(), [](op&) {});
  if (timers_.insert(waiter)) {
    park(waiter);
    return submitted::pending;
  }
  // Already due by the timers' own time, which never runs ahead of the clock. A task that sleeps
  // into the past again and again yields to others once its budget is used up.
  return answer(waiter, 0);
}

template <class Loop, class Listener>
void loop_base<Loop, Listener>::cancel_sleep(op& sleeper) noexcept {
  if (sleeper.state != op_state::waiting) return;
  timers_.cancel(sleeper);
  sleeper.result = -ECANCELED;
  post(sleeper);
}

template <class Loop, class Listener>
void loop_base<Loop, Listener>::withdraw_sleep(op& sleeper) noexcept {
  if (sleeper.state == op_state::waiting) timers_.cancel(sleeper);
  make_idle(sleeper);
}

// --- ends -----------------------------------------------------------------------------------

/// The rest of a withdrawal, once nothing else points at the op. One that is queued is searched
/// for.
template <class Loop, class Listener>
void loop_base<Loop, Listener>::make_idle(op& withdrawn) noexcept {
  if (withdrawn.state == op_state::queued) run_queue_.remove(withdrawn);
  withdrawn.state = op_state::idle;
}

template <class Loop, class Listener>
void loop_base<Loop, Listener>::stop() noexcept {
  if (stopping_) return;
  stopping_ = true;
  // Timers first: a read that ends withdraws its deadline, which is in no queue then.
  timers_.clear([this](op& sleeper) {
    sleeper.result = -ECANCELED;
    post(sleeper);
  });
  for (listener& each : listeners_) self().cancel(each);
  for (std::uint32_t slot = 0; slot < connections_.slots(); ++slot) {
    self().cancel(connections_.at(slot));
  }
  stoppables_.stop_all();
}

/// Queues `waiter`; the loop acts on it after everything queued before.
template <class Loop, class Listener>
void loop_base<Loop, Listener>::defer(op& waiter, queued_action action) noexcept {
  assert(waiter.state != op_state::queued && "an op is queued once");
  waiter.action = action;
  waiter.state = op_state::queued;
  run_queue_.push(waiter);
}

/// Queues one whose wait has ended, as the strategy has it.
template <class Loop, class Listener>
void loop_base<Loop, Listener>::defer_woken(op& waiter, queued_action action) noexcept {
  assert(waiter.state != op_state::queued && "an op is queued once");
  waiter.action = action;
  waiter.state = op_state::queued;
  run_queue_.push_woken(waiter);
}

template <class Loop, class Listener>
submitted loop_base<Loop, Listener>::answer(op& waiter, int result) noexcept {
  waiter.result = result;
  if (take_inline()) return submitted::done;
  post(waiter);
  return submitted::pending;
}

/// Completes a pending op from within an event.
template <class Loop, class Listener>
void loop_base<Loop, Listener>::end_now(op*& waiting, int result) {
  op& ended = *waiting;
  waiting = nullptr;
  ended.result = result;
  ended.state = op_state::idle;
  complete(ended);
}

/// The same, when the strategy has it.
template <class Loop, class Listener>
void loop_base<Loop, Listener>::end_woken(op*& waiting, int result) {
  if (!orders_woken_) return end_now(waiting, result);
  op& ended = *waiting;
  waiting = nullptr;
  ended.result = result;
  defer_woken(ended, queued_action::complete);
}

/// Completes a pending op through the run queue. The op may be there already, waiting for a retry.
template <class Loop, class Listener>
void loop_base<Loop, Listener>::end_later(op*& waiting, int result) noexcept {
  if (waiting == nullptr) return;
  op& ended = *waiting;
  waiting = nullptr;
  ended.result = result;
  ended.more = false;
  if (ended.state == op_state::queued) {
    ended.action = queued_action::complete;
  } else {
    post(ended);
  }
}

/// Hands over one chunk of a multishot read. The op stays the connection's reader, but its owner
/// may close or cancel the connection from the completion. True if reading may go on.
template <class Loop, class Listener>
bool loop_base<Loop, Listener>::deliver_chunk(connection& from, op& waiter) {
  const std::uint32_t generation = from.generation;
  waiter.more = true;
  complete(waiter);
  const bool same = from.open() && from.generation == generation && from.reader == &waiter;
  return same && waiter.state == op_state::waiting;
}

/// Retries the pending read, if any. It may have been held back (multishot, while a write was
/// pending).
template <class Loop, class Listener>
void loop_base<Loop, Listener>::resume_reading(connection& from) noexcept {
  op* const waiter = from.reader;
  if (waiter != nullptr && waiter->state == op_state::waiting) {
    assert(waiter->action != queued_action::report_readable && "it reads when it is polled");
    defer(*waiter, queued_action::retry_read);
  }
}

// --- buffers --------------------------------------------------------------------------------

template <class Loop, class Listener>
std::byte* loop_base<Loop, Listener>::buffer_of(const connection& of) const noexcept {
  return options_.buffer == buffer_policy::lent ? scratch_.get() : own_buffers_[of.slot].get();
}

template <class Loop, class Listener>
void loop_base<Loop, Listener>::provide_own_buffer(const connection& for_slot) {
  if (options_.buffer != buffer_policy::own) return;
  if (own_buffers_.size() <= for_slot.slot) own_buffers_.resize(for_slot.slot + 1);
  own_buffers_[for_slot.slot] = std::make_unique_for_overwrite<std::byte[]>(options_.buffer_bytes);
}

template <class Loop, class Listener>
void loop_base<Loop, Listener>::drop_own_buffer(const connection& of_slot) noexcept {
  if (of_slot.slot < own_buffers_.size()) own_buffers_[of_slot.slot].reset();
}

}  // namespace skein
