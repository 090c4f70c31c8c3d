// Yielding when a task is a thread: sched_yield with 1 and 1,000 threads on one CPU.
//
// Measures, per yield: entering the kernel, its choice of another thread, the switch. All threads
// are started first and yield in a loop until the start; then each makes the same number of yields.
// The watch runs from the start to the last thread's last yield.
// Does not measure: starting and ending threads; waking a sleeping one (timer_cancel/thread does).
// How it may be unfair:
//  - The kernel need not run every other thread before the caller continues, and near the end fewer
//    than all threads are left. A thread that has finished goes to sleep once, which is in the
//    figure.
//  - With one thread there is nobody to switch to: yield/thread/1 is a system call.
//  - 100,000 threads are left out: on most machines the kernel's limits do not allow them.
#include <atomic>
#include <cstddef>
#include <sched.h>
#include <string>

#include "harness/micro/bench.hpp"
#include "harness/micro/benchmarks.hpp"
#include "harness/micro/conditions.hpp"
#include "harness/micro/gate.hpp"
#include "runtimes/thread/scheduler.hpp"

namespace skein::micro {

namespace {

/// One batch. Threads arrive, spin until the start, do their yields, and stay until they are
/// released, so that no thread ends while the watch runs.
class yield_race {
 public:
  yield_race(std::size_t tasks, std::size_t yields_each)
      : yields_each_(yields_each), left_(tasks), missing_(tasks) {}

  /// The task.
  void take_part(thread::scheduler& on) {
    missing_.fetch_sub(1, std::memory_order_relaxed);
    while (!started_.load(std::memory_order_relaxed)) on.yield();
    for (std::size_t i = 0; i < yields_each_; ++i) on.yield();
    if (left_.fetch_sub(1, std::memory_order_relaxed) == 1) all_through_.open();
    may_leave_.wait();
  }

  // The rest is for the thread that measures.

  void await_arrival() const {
    while (missing_.load(std::memory_order_relaxed) > 0) ::sched_yield();
  }
  void start() noexcept { started_.store(true, std::memory_order_relaxed); }
  void await_end() const noexcept { all_through_.wait(); }
  void let_go() noexcept { may_leave_.open(); }

 private:
  const std::size_t yields_each_;
  // All three relaxed: they say when something happens and publish no data.
  std::atomic<bool> started_{false};
  std::atomic<std::size_t> left_;     ///< to make their yields
  std::atomic<std::size_t> missing_;  ///< to arrive
  gate all_through_;
  gate may_leave_;
};

void spawn_all(thread::scheduler& on, std::size_t tasks, yield_race& race) {
  try {
    for (std::size_t i = 0; i < tasks; ++i) on.spawn([&on, &race] { race.take_part(on); });
  } catch (...) {
    race.start();
    race.let_go();
    on.run();
    throw;
  }
}

void yield_threads(stopwatch& watch, std::size_t tasks, std::size_t yields_each) {
  thread::scheduler on(conditions(tasks));
  while (watch.next_batch(static_cast<std::int64_t>(tasks * yields_each))) {
    yield_race race(tasks, yields_each);
    spawn_all(on, tasks, race);
    race.await_arrival();
    watch.start();
    race.start();
    race.await_end();
    watch.stop();
    race.let_go();
    on.run();
  }
}

}  // namespace

void add_yield_thread() {
  add("yield/thread/1", [](stopwatch& watch) { yield_threads(watch, 1, 20'000); });
  add("yield/thread/1000", [](stopwatch& watch) { yield_threads(watch, 1'000, 300); });
}

}  // namespace skein::micro
