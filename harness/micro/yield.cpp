// Yielding through the scheduler, with 1, 1,000 and 100,000 tasks that do nothing else. One thread;
// for tasks that are threads see yield_thread.cpp.
//
// Measures, per yield: a task is put at the end of the queue, the scheduler takes its turn, the
// task is taken from the queue and continued. A leader, first in the queue, starts the watch when
// all tasks have begun and stops it a fixed number of rounds later. yield lets every other runnable
// task run first (S4). So exactly rounds x tasks yields lie in between, and no task is spawned or
// ends.
// Does not measure: serving sockets and timers in between; there are none.
// How it may be unfair:
//  - Asking the kernel is part of a scheduler's turn, and turns differ. Our loops look once per 64
//    steps or once per round, whichever is rarer; on epoll a look reads the clock, and the kernel
//    is asked every 20 us. libuv asks once per round. With one task a round is one yield, so
//    yield/libuv/1 is an epoll_wait (compare control/epoll_wait_empty).
//  - With many tasks the cache is measured: a frame takes one or two lines, a stack page brings its
//    own lines, its address-translation entry, and its neighbours' cache conflicts.
//  - A callback's state is an object in an array, laid out better than a task's would be.
#include <cstddef>
#include <string>
#include <vector>

#include "harness/micro/bench.hpp"
#include "harness/micro/benchmarks.hpp"
#include "harness/micro/conditions.hpp"
#include "harness/micro/subjects.hpp"
#include "harness/micro/timed_yields.hpp"

namespace skein::micro {

namespace {

// --- coroutine ------------------------------------------------------------------------------

template <coroutine_scheduler S>
typename S::task follow(S& on, timed_yields& all) {
  for (std::size_t i = 0; i <= all.count; ++i) co_await on.yield();
  ++all.finished;
}

template <coroutine_scheduler S>
void run_batch(S& on, std::size_t tasks, timed_yields& all) {
  on.spawn(yield_timed(on, all));
  for (std::size_t i = 1; i < tasks; ++i) on.spawn(follow(on, all));
  on.run();
}

// --- direct ---------------------------------------------------------------------------------

template <direct_scheduler S>
void run_batch(S& on, std::size_t tasks, timed_yields& all) {
  on.spawn([&on, &all] { yield_timed(on, all); });
  for (std::size_t i = 1; i < tasks; ++i) {
    on.spawn([&on, &all] {
      for (std::size_t round = 0; round <= all.count; ++round) on.yield();
      ++all.finished;
    });
  }
  on.run();
}

// --- callback -------------------------------------------------------------------------------

template <callback_scheduler S>
struct leader {
  S& on;
  timed_yields& all;
  std::size_t round = 0;

  void on_step() noexcept {
    if (round == 1) all.watch.start();
    if (round == all.count + 1) {
      all.watch.stop();
      ++all.finished;
      return on.task_done();
    }
    ++round;
    on.template yield<&leader::on_step>(this);
  }
};

template <callback_scheduler S>
struct follower {
  S& on;
  timed_yields& all;
  std::size_t round = 0;

  void on_step() noexcept {
    if (round == all.count + 1) {
      ++all.finished;
      return on.task_done();
    }
    ++round;
    on.template yield<&follower::on_step>(this);
  }
};

template <callback_scheduler S>
void run_batch(S& on, std::size_t tasks, timed_yields& all) {
  leader<S> first{on, all};
  std::vector<follower<S>> others(tasks - 1, follower<S>{on, all});
  on.template spawn<&leader<S>::on_step>(&first);
  for (follower<S>& each : others) on.template spawn<&follower<S>::on_step>(&each);
  on.run();
}

// --- poll -----------------------------------------------------------------------------------

template <poll_scheduler S>
void run_batch(S& on, std::size_t tasks, timed_yields& all) {
  on.template spawn<yields_future<S>>(on, all);
  for (std::size_t i = 1; i < tasks; ++i) on.template spawn<yields_future<S, false>>(on, all);
  on.run();
}

// --- rows -----------------------------------------------------------------------------------

template <class S>
void yield_rounds(stopwatch& watch, std::size_t tasks, std::size_t rounds) {
  S on(conditions(tasks));
  while (watch.next_batch(static_cast<std::int64_t>(tasks * rounds))) {
    timed_yields all{watch, rounds};
    run_batch(on, tasks, all);
    expect_count("tasks finished", all.finished, tasks);
  }
}

template <class S>
void add_rows(const std::string& runtime) {
  const auto row = [&runtime](std::size_t tasks, std::size_t rounds) {
    add("yield/" + runtime + "/" + std::to_string(tasks),
        [tasks, rounds](stopwatch& watch) { yield_rounds<S>(watch, tasks, rounds); });
  };
  row(1, 100'000);
  row(1'000, 100);
  row(100'000, 10);
}

}  // namespace

void add_yield() {
  for_each_single_threaded([]<class S>(const std::string& id) { add_rows<S>(id); });
}

}  // namespace skein::micro
