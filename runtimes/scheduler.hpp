// THE INTERFACE: what a runtime offers a workload, as a contract in prose and then as concepts.
//
// Four calling styles exist, so there are four concepts: direct (a call returns when it is done),
// coroutine (co_await), callback (a completion handler comes last) and poll (a future is asked
// whether it is ready, poll.hpp). The verbs are the same:
//
//     spawn  yield  sleep_until  accept  read  write  close  cancel  |  run  stop
//
// Clauses. Each has a test in tests/contract that runs for every runtime, and a deliberately wrong
// scheduler (a liar) that the test must catch. Terms: a *task* is one thread of work, whatever it
// is made of; the *owner thread* is the one that called run().
//
// Tasks
//   S1  spawn(work) runs work exactly once, after spawn was called and before run() returns. No
//       work is dropped. In single-threaded runtimes tasks start in the order they were spawned and
//       never inside spawn.
//   S2  run() returns when no task is left. run(inbox) returns only after stop(), and serves the
//       inbox on the owner thread meanwhile.
//   S3  stop() may be called by any task or by the inbox, more than once. Every pending wait then
//       ends as cancelled, every later wait ends at once as cancelled, and run returns when all
//       tasks have ended.
//   S4  yield() lets every other runnable task run before the caller continues. (A thread per task
//       leaves that to the kernel, which promises it for its CPU's run queue only. With a strategy
//       that prefers who was woken, a yield returns after three (lifo) or seven of them at most.
//       Among several workers every runnable task is run all the same, but maybe elsewhere and
//       later.)
//   S5  A task must not let an exception escape; the process terminates if it does.
//   S6  spawn throws limit_error when the machine's limits allow no further task.
//
// Time
//   T1  sleep_until(deadline) ends at or after the deadline, never before (a library that cannot
//       promise this declares by how much, runtime_info::early_by_at_most_ns). Deadlines are
//       absolute nanoseconds on CLOCK_MONOTONIC. A deadline in the past ends at once as `due`.
//   T2  sleep_until(timer, deadline) is the same wait made cancellable: cancel(timer) ends it as
//       `cancelled`, once. Cancelling an idle or fired timer does nothing.
//   T3  A timer carries one wait at a time and may be used again after it ended.
//
// Connections
//   C1  Bytes arrive complete, in order, unchanged. read returns 1..buffer_bytes bytes, or an empty
//       span at end of stream, on error, or when cancelled; error() tells which (0, errno,
//       ECANCELED). What a write handed to the kernel (C2) reaches the peer, and then the end of
//       the stream, whoever closes and however soon, also after cancel and stop. TCP makes one
//       exception: if the peer's bytes were not read to their end before close, or more of them
//       come after it, the kernel answers with a reset, which may overtake what was sent. A task
//       that must be heard to the end therefore reads to the end first.
//   C2  write returns true once all bytes are handed to the kernel, or false once that has become
//       impossible. The caller's bytes may be reused when it returns. After a failed write reads
//       report the end too.
//   C3  Lent bytes are valid until the reading task next waits; own bytes until the connection's
//       next read (buffer_policy).
//   C4  At most one read and one write may be pending on a connection.
//   C5  cancel(connection) ends pending and later reads and writes as cancelled; the task can then
//       only close it. Of a write that was pending the peer gets a part, or nothing. An error that
//       had ended the connection before stays what error() says. cancel(listener) does the same for
//       accept, which then returns null.
//   C6  A connection is a slot and a generation, never a bare descriptor: closing one and accepting
//       another on the same descriptor confuses no pending event. close(connection) is called
//       exactly once, by its task, with no wait of it pending; the reference is dead afterwards.
//   C7  Sockets come from make_listener (runtimes/socket.hpp): the same options in every runtime.
//   C8  Callback style only: receive is a multishot read. The handler runs for every chunk until it
//       got an empty one, or until close.
//
// Waiting
//   W1  Every wait ends exactly once. A signal that a handler takes ends no wait.
//   W2  Inline completion is allowed and bounded (op.hpp O5).
//   W3  Between run's return and destruction live() is {0, 0} for a workload that closes what it
//       accepts.
//
// Tasks that wait for each other (runtimes/sync), where the scheduler offers it
//   S7  A task that is spawned into a scope is a task as any other, and join ends once all of the
//       scope have ended, not before; at once where there are none. Their last steps happen-before
//       its return. A scope is joined before it ends, and only its parent and its tasks spawn
//       into it. stop() does not end a join, as it ends all
//       tasks.
//   W4  mutex: one task at a time has the lock. Unlock hands it to whoever has waited longest.
//   W5  semaphore: no more tasks have a permit than there are permits, and they get them in the
//       order of asking. event: who waits goes on once it is set, and later waits end at once.
//   W6  channel: every value is received once, those of one sender in their order. No more wait in
//       it than its capacity; with 0 a send ends when its value is received. After close sends
//       fail, what was sent is received, and then receives end without a value.
//   W7  first_of: ends with the first of two waits. The other is withdrawn: it ends nothing later,
//       and what it had been granted is given back. (A value that is given back is the next to be
//       received, which may be after later ones that another task has got meanwhile.)
//   W8  stop() ends all these waits as cancelled, and every later one at once.
//   W10 offload_pool: the work is done once, and other tasks go on meanwhile. Its task goes on
//       after it, and sees what it did. No more is done at once than the pool has threads. stop()
//       cancels what has not begun; what has is finished.
//   W11 shared_event: an event (W5, W8) that any thread sets, also one that runs none of the
//       scheduler's tasks. No set is lost, whether the scheduler sleeps or not, and who waits sees
//       what the thread did before that set it first. The event, and its scheduler, end after every
//       set has returned.
//
// Reads that give up, where the scheduler offers them
//   W9  read(connection, deadline) is a read that ends without a result if the deadline has passed
//       and nothing has come: at or after it, never before (T1). What has come is read, however
//       late the loop is to see it. The connection stays as it was, and what comes later is the
//       next read's. A read that got its bytes, or its end, leaves nothing behind that could end a
//       later wait, and one that need not wait arms nothing.
//       Callback style: a stream has no single reads, so its session has a timer, and takes it back
//       with withdraw(timer) when a chunk has come. No handler runs then, and the timer is idle.
//       Where the timer was the first, has_come(connection) says whether a chunk, or the end, is on
//       its way to the receive handler all the same.
//
// Poll style only. A future is *over* once it has answered `ready`.
//   P1  A future is lazy: making one begins nothing, and a task's is not polled inside spawn.
//   P2  A future that answers pending has seen to it that its context's waker is woken when it is
//       worth while to poll it again. A woken task is polled, and one that was not woken need not
//       be.
//   P3  A future is not moved or copied between two polls, and no future can be.
//   P4  A task that is woken while it is polled is polled once more.
//   P5  A task that is woken twice before it is polled is polled once. (An executor that polls
//       everything round and round says so, polls_unasked.)
//   P6  A future that is over is not polled again, and waking its task does nothing.
//   P7  A future may be dropped at any time. Its operation is withdrawn at once, nothing it held
//       is kept, and no other wait is touched.
//   P8  A cloned waker wakes its task from any thread, and a sleeping scheduler with it; no wake is
//       lost. It may outlive task and scheduler, and then does nothing.
//
// Threads and memory order: all verbs are called on the owner thread or by a task (but W11's set).
// A single-threaded runtime runs every task on the owner thread, so tasks need no synchronisation
// among themselves. In a runtime with a thread per task, spawn happens-before the first step of the
// task, the last step of every task happens-before the return of run(), and cancel/stop may be
// called by any task; each happens-before the return of the waits that it ends.
// In a runtime whose tasks move among threads (runtime_info::takes_workers) a task is on one thread
// at a time and each of its steps happens-before the next; the rest is as with a thread per task.
#pragma once

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>

#include "runtimes/clock.hpp"
#include "runtimes/inbox.hpp"
#include "runtimes/info.hpp"
#include "runtimes/options.hpp"
#include "runtimes/poll.hpp"

namespace skein {

/// A read-only view of received or outgoing bytes.
using bytes = std::span<const std::byte>;

namespace detail {
inline void work_probe(int&) noexcept {}
}  // namespace detail

/// Offers scopes (S7). How a task waits for what is offered here and below is the style's: until.
template <class S>
concept scope_scheduler = requires(typename S::scope& scope) {
  requires std::constructible_from<typename S::scope, S&>;
  scope.join();
};

/// Offers all that tasks wait for from each other.
template <class S>
concept sync_scheduler =
    scope_scheduler<S> &&
    requires(S& on, typename S::mutex& mutex, typename S::semaphore& semaphore,
             typename S::event& event, typename S::shared_event& shared,
             typename S::template channel<int>& channel, typename S::offload_pool& pool,
             int& worked_on) {
      requires std::constructible_from<typename S::mutex, S&>;
      requires std::constructible_from<typename S::semaphore, S&, std::size_t>;
      requires std::constructible_from<typename S::event, S&>;
      requires std::constructible_from<typename S::shared_event, S&>;
      requires std::constructible_from<typename S::template channel<int>, S&, std::size_t>;
      requires std::constructible_from<typename S::offload_pool, S&, std::size_t>;
      mutex.lock();
      mutex.unlock();
      semaphore.acquire();
      semaphore.release();
      event.wait();
      event.set();
      shared.wait();
      shared.set();
      channel.send(0);
      channel.receive();
      channel.close();
      pool.template run<&detail::work_probe>(worked_on);
    };

/// How a sleep ended.
enum class wake : bool { due, cancelled };

/// What is alive in a scheduler. Both are 0 after an orderly run (W3).
struct live_counts {
  std::size_t tasks = 0;
  std::size_t connections = 0;
};

/// What runs tasks, whatever they may wait for.
template <class S>
concept task_scheduler = requires(S& scheduler, const S& observed, skein::inbox& messages) {
  requires std::constructible_from<S, const scheduler_options&>;
  { S::info() } -> std::same_as<runtime_info>;
  { observed.live() } -> std::same_as<live_counts>;
  { scheduler.run() } -> std::same_as<void>;
  { scheduler.run(messages) } -> std::same_as<void>;
  { scheduler.stop() } -> std::same_as<void>;
};

/// What has sleeps that can be cancelled: whoever wants one makes a timer, whose type is opaque.
template <class S>
concept timer_scheduler = task_scheduler<S> && requires(S& scheduler, typename S::timer& timer) {
  requires std::default_initializable<typename S::timer>;
  { scheduler.cancel(timer) } -> std::same_as<void>;
};

/// What all styles share. The nested types are opaque to workloads: accept returns connections, and
/// listen returns listeners.
template <class S>
concept scheduler = timer_scheduler<S> && requires(S& scheduler, typename S::connection& connection,
                                                   typename S::listener& listener, int descriptor) {
  /// Adopts a listening descriptor made by make_listener.
  { scheduler.listen(descriptor) } -> std::same_as<typename S::listener&>;
  { scheduler.close(connection) } -> std::same_as<void>;
  { scheduler.cancel(connection) } -> std::same_as<void>;
  { scheduler.cancel(listener) } -> std::same_as<void>;
  { std::as_const(connection).error() } -> std::same_as<int>;
};

/// Direct: threads and fibers. A verb returns when it is done; meanwhile the task waits.
template <class S>
concept direct_scheduler =
    scheduler<S> &&
    requires(S& scheduler, typename S::connection& connection, typename S::listener& listener,
             typename S::timer& timer, time_ns deadline_ns, bytes data, void (*work)()) {
      { scheduler.spawn(work) } -> std::same_as<void>;
      { scheduler.yield() } -> std::same_as<void>;
      { scheduler.sleep_until(deadline_ns) } -> std::same_as<wake>;
      { scheduler.sleep_until(timer, deadline_ns) } -> std::same_as<wake>;
      { scheduler.accept(listener) } -> std::same_as<typename S::connection*>;
      { scheduler.read(connection) } -> std::same_as<bytes>;
      { scheduler.write(connection, data) } -> std::same_as<bool>;
    };

/// An awaitable whose co_await gives a Result (member-function awaiters only: ours all are).
template <class Awaiter, class Result>
concept awaiter_of = requires(Awaiter& awaiter) {
  { awaiter.await_ready() } -> std::same_as<bool>;
  { awaiter.await_resume() } -> std::same_as<Result>;
};

/// The coroutine style of a scheduler that may have no connections. S::task is lazy: creating one
/// runs nothing, and dropping one that never started releases its frame.
template <class S>
concept coroutine_tasks =
    task_scheduler<S> && requires(S& scheduler, time_ns deadline_ns, typename S::task work) {
      requires std::move_constructible<typename S::task>;
      { scheduler.spawn(std::move(work)) } -> std::same_as<void>;
      { scheduler.yield() } -> awaiter_of<void>;
      { scheduler.sleep_until(deadline_ns) } -> awaiter_of<wake>;
    };

/// The same with sleeps that can be cancelled.
template <class S>
concept coroutine_timers = coroutine_tasks<S> && timer_scheduler<S> &&
                           requires(S& scheduler, typename S::timer& timer, time_ns deadline_ns) {
                             { scheduler.sleep_until(timer, deadline_ns) } -> awaiter_of<wake>;
                           };

/// Coroutine: verbs are awaited.
template <class S>
concept coroutine_scheduler = scheduler<S> && coroutine_timers<S> &&
                              requires(S& scheduler, typename S::connection& connection,
                                       typename S::listener& listener, bytes data) {
                                {
                                  scheduler.accept(listener)
                                } -> awaiter_of<typename S::connection*>;
                                { scheduler.read(connection) } -> awaiter_of<bytes>;
                                { scheduler.write(connection, data) } -> awaiter_of<bool>;
                              };

namespace detail {
/// A stand-in for what is spawned.
struct poll_probe : pinned {
  using output = nothing;
  polled<nothing> poll(context&) { return not_ready; }
};
}  // namespace detail

/// The poll style of a scheduler that may have no connections: a verb gives a future, which begins
/// when it is first polled. The types of the futures have names, since a future that waits for
/// several things in turn has room for each of them.
template <class S>
concept poll_timers = timer_scheduler<S> && requires(S& scheduler) {
  requires pollable_of<typename S::yielding, nothing>;
  requires pollable_of<typename S::sleeping, wake>;
  requires pollable_of<typename S::sleeping_on, wake>;
  requires std::constructible_from<typename S::yielding, S&>;
  requires std::constructible_from<typename S::sleeping, S&, time_ns>;
  requires std::constructible_from<typename S::sleeping_on, S&, typename S::timer&, time_ns>;
  /// Makes a task of a future, built in place from what is passed.
  { scheduler.template spawn<detail::poll_probe>() } -> std::same_as<void>;
};

/// Poll: the same with connections.
template <class S>
concept poll_scheduler = scheduler<S> && poll_timers<S> && requires {
  requires pollable_of<typename S::accepting, typename S::connection*>;
  requires pollable_of<typename S::reading, bytes>;
  requires pollable_of<typename S::writing, bool>;
  requires std::constructible_from<typename S::accepting, S&, typename S::listener&>;
  requires std::constructible_from<typename S::reading, S&, typename S::connection&>;
  /// `data` need only stay until the first poll.
  requires std::constructible_from<typename S::writing, S&, typename S::connection&, bytes>;
};

namespace detail {
/// A stand-in session: the handlers a callback scheduler is asked to call.
template <class S>
struct callback_probe {
  void on_step() {}
  void on_wake(wake) {}
  void on_accept(typename S::connection*) {}
  void on_chunk(bytes) {}
  void on_written(bool) {}
};
}  // namespace detail

/// Callback: the handler is a member function named at compile time and comes with its object, so
/// there is no closure and no allocation. The session object owns its connection and timer. accept
/// is a stream too: the handler runs for every connection, and once with null at the end. Waits end
/// through handlers, so W1 means: every handler runs exactly once per wait.
template <class S>
concept callback_scheduler =
    scheduler<S> && requires(S& scheduler, typename S::connection& connection,
                             typename S::listener& listener, typename S::timer& timer,
                             time_ns deadline_ns, bytes data, detail::callback_probe<S>* session) {
      { scheduler.template spawn<&detail::callback_probe<S>::on_step>(session) };
      { scheduler.template yield<&detail::callback_probe<S>::on_step>(session) };
      {
        scheduler.template sleep_until<&detail::callback_probe<S>::on_wake>(timer, deadline_ns,
                                                                            session)
      };
      { scheduler.template accept<&detail::callback_probe<S>::on_accept>(listener, session) };
      { scheduler.template receive<&detail::callback_probe<S>::on_chunk>(connection, session) };
      {
        scheduler.template write<&detail::callback_probe<S>::on_written>(connection, data, session)
      };
      /// A callback task has no stack to return from, so every spawned task must say when it is
      /// over.
      { scheduler.task_done() } -> std::same_as<void>;
    };

/// Offers reads that give up (W9), as its style has them.
template <class S>
concept read_deadline_scheduler =
    (direct_scheduler<S> &&
     requires(S& scheduler, typename S::connection& connection, time_ns deadline_ns) {
       { scheduler.read(connection, deadline_ns) } -> std::same_as<std::optional<bytes>>;
     }) ||
    (coroutine_scheduler<S> &&
     requires(S& scheduler, typename S::connection& connection, time_ns deadline_ns) {
       { scheduler.read(connection, deadline_ns) } -> awaiter_of<std::optional<bytes>>;
     }) ||
    (poll_scheduler<S> &&
     requires {
       requires pollable_of<typename S::reading_until, std::optional<bytes>>;
       requires std::constructible_from<typename S::reading_until, S&, typename S::connection&,
                                        time_ns>;
     }) ||
    (callback_scheduler<S> &&
     requires(S& scheduler, typename S::timer& timer, const typename S::connection& connection) {
       { scheduler.withdraw(timer) } -> std::same_as<void>;
       { scheduler.has_come(connection) } -> std::same_as<bool>;
     });

}  // namespace skein
