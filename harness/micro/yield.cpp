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
#include <optional>
#include <string>
#include <vector>

#include "harness/micro/bench.hpp"
#include "harness/micro/benchmarks.hpp"
#include "harness/micro/conditions.hpp"
#include "harness/micro/subjects.hpp"

namespace skein::micro {

namespace {

/// Of one batch. Round 0 is the tasks' first step; the watch runs from round 1 to rounds + 1.
struct yielding {
  stopwatch& watch;
  std::size_t rounds;
  std::size_t finished = 0;
};

// --- coroutine ------------------------------------------------------------------------------

template <coroutine_scheduler S>
typename S::task lead(S& on, yielding& all) {
  co_await on.yield();
  all.watch.start();
  for (std::size_t i = 0; i < all.rounds; ++i) co_await on.yield();
  all.watch.stop();
  ++all.finished;
}

template <coroutine_scheduler S>
typename S::task follow(S& on, yielding& all) {
  for (std::size_t i = 0; i <= all.rounds; ++i) co_await on.yield();
  ++all.finished;
}

template <coroutine_scheduler S>
void run_batch(S& on, std::size_t tasks, yielding& all) {
  on.spawn(lead(on, all));
  for (std::size_t i = 1; i < tasks; ++i) on.spawn(follow(on, all));
  on.run();
}

// --- direct ---------------------------------------------------------------------------------

template <direct_scheduler S>
void run_batch(S& on, std::size_t tasks, yielding& all) {
  on.spawn([&on, &all] {
    on.yield();
    all.watch.start();
    for (std::size_t i = 0; i < all.rounds; ++i) on.yield();
    all.watch.stop();
    ++all.finished;
  });
  for (std::size_t i = 1; i < tasks; ++i) {
    on.spawn([&on, &all] {
      for (std::size_t round = 0; round <= all.rounds; ++round) on.yield();
      ++all.finished;
    });
  }
  on.run();
}

// --- callback -------------------------------------------------------------------------------

template <callback_scheduler S>
struct leader {
  S& on;
  yielding& all;
  std::size_t round = 0;

  void on_step() noexcept {
    if (round == 1) all.watch.start();
    if (round == all.rounds + 1) {
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
  yielding& all;
  std::size_t round = 0;

  void on_step() noexcept {
    if (round == all.rounds + 1) {
      ++all.finished;
      return on.task_done();
    }
    ++round;
    on.template yield<&follower::on_step>(this);
  }
};

template <callback_scheduler S>
void run_batch(S& on, std::size_t tasks, yielding& all) {
  leader<S> first{on, all};
  std::vector<follower<S>> others(tasks - 1, follower<S>{on, all});
  on.template spawn<&leader<S>::on_step>(&first);
  for (follower<S>& each : others) on.template spawn<&follower<S>::on_step>(&each);
  on.run();
}

// --- poll -----------------------------------------------------------------------------------

template <poll_scheduler S>
class leading_future : pinned {
 public:
  using output = nothing;

  leading_future(S& on, yielding& all) : on_(on), all_(all) { yields_.emplace(on); }

  polled<nothing> poll(context& with) {
    while (yields_->poll(with)) {
      if (round_ == 0) all_.watch.start();
      if (round_ == all_.rounds) {
        all_.watch.stop();
        ++all_.finished;
        return nothing{};
      }
      ++round_;
      yields_.emplace(on_);
    }
    return not_ready;
  }

 private:
  S& on_;
  yielding& all_;
  std::size_t round_ = 0;
  std::optional<typename S::yielding> yields_;
};

template <poll_scheduler S>
class following_future : pinned {
 public:
  using output = nothing;

  following_future(S& on, yielding& all) : on_(on), all_(all) { yields_.emplace(on); }

  polled<nothing> poll(context& with) {
    while (yields_->poll(with)) {
      if (round_ == all_.rounds) {
        ++all_.finished;
        return nothing{};
      }
      ++round_;
      yields_.emplace(on_);
    }
    return not_ready;
  }

 private:
  S& on_;
  yielding& all_;
  std::size_t round_ = 0;
  std::optional<typename S::yielding> yields_;
};

template <poll_scheduler S>
void run_batch(S& on, std::size_t tasks, yielding& all) {
  on.template spawn<leading_future<S>>(on, all);
  for (std::size_t i = 1; i < tasks; ++i) on.template spawn<following_future<S>>(on, all);
  on.run();
}

// --- rows -----------------------------------------------------------------------------------

template <class S>
void yield_rounds(stopwatch& watch, std::size_t tasks, std::size_t rounds) {
  S on(conditions(tasks));
  while (watch.next_batch(static_cast<std::int64_t>(tasks * rounds))) {
    yielding all{watch, rounds};
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
