// One OS thread per task, blocking system calls, kernel timers: the direct style with nothing below
// it but the kernel.
//
// A verb is a system call. The rest is ours: stacks that are reused (task_threads.hpp), sleeps that
// can be ended (sleepers.hpp), and ending blocked calls (connections.hpp), which is done by
// shutting sockets down. Threads are never cancelled or signalled.
//
// How stop() ends everything:
//   1. It sets the stop word; sleepers wake, later sleeps end at once.
//   2. It shuts down all listeners and connections; blocked accepts, reads and writes return. A
//      connection accepted at that moment is closed again before its task sees it.
//   3. It ends the waits for other tasks (sync.hpp).
//   4. It wakes the owner, which leaves run() once the last task has ended.
// Each step may be repeated, and stop may be called by several tasks at once.
//
// Leaves out the full guarantee of yield: sched_yield asks the kernel to run the other threads of
// this CPU first and says nothing about other CPUs. Timer slack is not set here: it is the same for
// all runtimes and set elsewhere.
#pragma once

#include <optional>
#include <sched.h>
#include <utility>

#include "runtimes/options.hpp"
#include "runtimes/scheduler.hpp"
#include "runtimes/shared/in_scope.hpp"
#include "runtimes/thread/connections.hpp"
#include "runtimes/thread/sleepers.hpp"
#include "runtimes/thread/sync.hpp"
#include "runtimes/thread/task_threads.hpp"

namespace skein::thread {

class scheduler {
 public:
  using connection = thread::connection;
  using listener = thread::listener;
  using timer = thread::timer;

  using mutex = thread::mutex;
  using semaphore = thread::semaphore;
  using offload_pool = thread::offload_pool;
  using event = thread::event;
  using shared_event = thread::event;  ///< any thread may set it as it is
  template <class T>
  using channel = thread::channel<T>;
  using scope = thread::scope;

  /// What tasks share must be atomic.
  static constexpr bool tasks_run_in_parallel = true;

  /// Reserves address space for max_tasks stacks. Throws limit_error, std::system_error.
  explicit scheduler(const scheduler_options& options) : scheduler(options, stack_source::arena) {}

  static runtime_info info() noexcept;

  /// The task starts at once, perhaps before spawn returns. `work` may capture up to 256 bytes.
  /// Throws limit_error naming the limit: the task ceiling, RLIMIT_NPROC, kernel.pid_max ...
  template <class Work>
  void spawn(Work&& work) {
    threads_.start(std::forward<Work>(work));
  }

  /// A task of a scope. Its thread may still be ending when the scope is joined, and counts among
  /// max_tasks until it has.
  template <class Work>
  void spawn(scope& within, Work&& work) {
    spawn_in_scope(*this, within, std::forward<Work>(work));
  }

  /// Any wait of sync.hpp.
  template <class Wait>
  auto until(Wait wait) {
    return wait.perform();
  }
  sync_objects& objects() noexcept { return objects_; }

  void yield() noexcept { ::sched_yield(); }

  wake sleep_until(time_ns deadline_ns) noexcept { return sleepers_.sleep_until(deadline_ns); }
  wake sleep_until(timer& on, time_ns deadline_ns) noexcept {
    return sleepers_.sleep_until(on, deadline_ns);
  }

  /// Adopts a listening descriptor, and makes it a blocking one.
  listener& listen(int descriptor) { return connections_.listen(descriptor); }

  /// Null when cancelled or when accept failed; listener::error() tells.
  connection* accept(listener& from);

  /// Lent bytes lie in a buffer of the calling task; its next read, of any connection, reuses it.
  bytes read(connection& from) noexcept;
  /// The kernel keeps the time, by SO_RCVTIMEO.
  std::optional<bytes> read(connection& from, time_ns deadline_ns) noexcept;
  bool write(connection& to, bytes data) noexcept;
  void close(connection& closed) noexcept { connections_.close(closed); }

  void cancel(connection& target) noexcept { connection_registry::cancel(target); }
  void cancel(listener& target) noexcept { connection_registry::cancel(target); }
  void cancel(timer& target) noexcept { sleepers_.cancel(target); }

  void run() { serve(nullptr); }
  void run(inbox& messages) { serve(&messages); }
  void stop() noexcept;

  /// A snapshot; any thread may ask.
  live_counts live() const { return {threads_.live(), connections_.live()}; }

  /// How tasks' stacks are guarded; empty with system stacks.
  std::optional<guard_kind> stack_guard() const noexcept { return threads_.stack_guard(); }

 protected:
  /// For the runtime on system stacks (thread_default).
  scheduler(const scheduler_options& options, stack_source stacks);

 private:
  std::byte* buffer_of(connection& read) const noexcept;
  static void set_timeout(connection& of, time_ns left_ns) noexcept;

  void serve(inbox* messages);
  bool over(const inbox* messages) const;
  void wait_for_news(inbox* messages);

  const buffer_policy buffer_;
  const std::size_t buffer_bytes_;
  sync_objects objects_;
  sleepers sleepers_;
  connection_registry connections_;
  task_threads threads_;  ///< last: its threads use the others
};

static_assert(direct_scheduler<scheduler> && read_deadline_scheduler<scheduler>);

}  // namespace skein::thread
