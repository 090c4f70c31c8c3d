// Timers when a task is a thread: cancelling the sleep of 1,000 and 10,000 threads on one CPU.
//
// Measures, per timer: one thread calls cancel; another wakes in the kernel and learns of it; all
// in a shuffled order. The woken thread then falls asleep again, so that no thread ends while the
// watch runs. Before the watch starts, every sleeper has been seen asleep in /proc, so no cancel
// meets a thread that is still going to sleep.
// Does not measure: arming and expiring. A thread arms its timer by falling asleep and is woken by
// the kernel's interrupt; the process can see neither the beginning nor the end of that. The
// workload `timers` measures their effect.
// How it may be unfair: the kernel decides whether a woken thread runs at once or after the one
// that cancels. Both happen within one batch, and the first uses the caches better.
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <fstream>
#include <sched.h>
#include <string>
#include <sys/types.h>
#include <unistd.h>
#include <vector>

#include "harness/micro/bench.hpp"
#include "harness/micro/benchmarks.hpp"
#include "harness/micro/conditions.hpp"
#include "harness/micro/gate.hpp"
#include "harness/micro/timer_load.hpp"
#include "runtimes/thread/scheduler.hpp"

namespace skein::micro {

namespace {

/// The state letter of one of this process's threads, from /proc: R is running or runnable, S is
/// asleep.
char state_of(pid_t thread_id) {
  std::ifstream stat("/proc/self/task/" + std::to_string(thread_id) + "/stat");
  std::string line;
  std::getline(stat, line);
  const std::size_t name_end = line.rfind(") ");
  return name_end == std::string::npos ? '?' : line[name_end + 2];
}

/// One batch. Sleepers arrive, sleep until they are cancelled, and stay until they are released.
class sleeper_group {
 public:
  explicit sleeper_group(std::size_t tasks) : members_(tasks), missing_(tasks), asleep_(tasks) {}

  /// The task.
  void take_part(thread::scheduler& on, std::size_t index) {
    thread::scheduler::timer own;
    members_[index] = {&own, ::gettid()};
    // Release: pairs with await_asleep, which reads the members once all have arrived.
    missing_.fetch_sub(1, std::memory_order_release);
    if (on.sleep_until(own, never_ns_) == wake::cancelled) {
      cancelled_.fetch_add(1, std::memory_order_relaxed);
    }
    if (asleep_.fetch_sub(1, std::memory_order_relaxed) == 1) all_awake_.open();
    may_leave_.wait();
  }

  // The rest is for the thread that measures.

  /// Waits until all sleep on their timers. A thread on its way there runs, or waits for a lock
  /// whose holder runs; so when all sleep, all have armed their timers.
  void await_asleep() const {
    while (missing_.load(std::memory_order_acquire) > 0) ::sched_yield();
    while (!all_asleep()) ::sched_yield();
  }
  void cancel_all(thread::scheduler& on, const std::vector<std::size_t>& order) noexcept {
    for (const std::size_t index : order) on.cancel(*members_[index].timer);
  }
  void await_awake() const noexcept { all_awake_.wait(); }
  void let_go() noexcept { may_leave_.open(); }
  /// Call it after run(), which ends after everything that the tasks did.
  std::size_t cancelled() const noexcept { return cancelled_.load(std::memory_order_relaxed); }

 private:
  struct member {
    thread::scheduler::timer* timer = nullptr;
    pid_t thread_id = 0;
  };

  bool all_asleep() const {
    return std::all_of(members_.begin(), members_.end(),
                       [](const member& each) { return state_of(each.thread_id) == 'S'; });
  }

  const time_ns never_ns_ = monotonic_clock::now_ns() + 600 * ns_per_s;
  std::vector<member> members_;
  std::atomic<std::size_t> missing_;  ///< to arrive
  // Both relaxed: the first only says when, the second is read after run().
  std::atomic<std::size_t> asleep_;
  std::atomic<std::size_t> cancelled_{0};
  gate all_awake_;
  gate may_leave_;
};

/// If the machine has no room for all of them, ends those that exist and throws limit_error.
void spawn_all(thread::scheduler& on, std::size_t tasks, sleeper_group& group) {
  try {
    for (std::size_t i = 0; i < tasks; ++i) on.spawn([&on, &group, i] { group.take_part(on, i); });
  } catch (...) {
    group.let_go();
    on.stop();
    on.run();
    throw;
  }
}

void cancel_sleeps(stopwatch& watch, std::size_t tasks) {
  const timer_load load(tasks, wide_window_ns);
  thread::scheduler on(conditions(tasks));
  while (watch.next_batch(static_cast<std::int64_t>(tasks))) {
    sleeper_group group(tasks);
    spawn_all(on, tasks, group);
    group.await_asleep();
    watch.start();
    group.cancel_all(on, load.cancel_order);
    group.await_awake();
    watch.stop();
    group.let_go();
    on.run();
    expect_count("sleeps that were cancelled", group.cancelled(), tasks);
  }
}

}  // namespace

void add_timer_thread() {
  add("timer_cancel/thread/1000", [](stopwatch& watch) { cancel_sleeps(watch, 1'000); });
  add("timer_cancel/thread/10000", [](stopwatch& watch) { cancel_sleeps(watch, 10'000); });
}

}  // namespace skein::micro
