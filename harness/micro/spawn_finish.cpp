// The life of an empty task: spawn, first step, end.
//
// Measures, per task: rounds of 1,000 tasks (threads: 100) are spawned, then run to their end; the
// tasks count themselves and do nothing else. Frames, stacks and threads' stacks are warm: a round
// ran before, so nothing is taken from the system that can be reused.
// Does not measure: the first touch of memory by a new task (which for stacks outweighs everything
// here), waiting, or tasks that live at the same time in large numbers.
// How it may be unfair:
//  - A callback task is a session object, allocated and freed here as a frame is; but by malloc,
//    which is what users of libuv have, not by a pool.
//  - libuv makes one epoll_wait per round; the epoll loop sees that no task is left before it
//  would.
//  - A thread starts at once and alone on the CPU it shares with its spawner, so its figure is
//    clone, two switches and the join of an ended thread. On several CPUs it would be another.
#include <atomic>
#include <cstddef>

#include "harness/micro/bench.hpp"
#include "harness/micro/benchmarks.hpp"
#include "harness/micro/conditions.hpp"
#include "runtimes/coroutine/scheduler.hpp"
#include "runtimes/fiber/scheduler.hpp"
#include "runtimes/fiber_asm/scheduler.hpp"
#include "runtimes/libuv/scheduler.hpp"
#include "runtimes/thread/scheduler.hpp"
#include "runtimes/thread_default/scheduler.hpp"

namespace skein::micro {

namespace {

coroutine::task count_self(std::size_t& finished) {
  ++finished;
  co_return;
}

void spawn_one(coroutine::scheduler& on, std::size_t& finished) {
  on.spawn(count_self(finished));
}

template <class Switch>
void spawn_one(fiber::basic_scheduler<epoll_loop, Switch>& on, std::size_t& finished) {
  on.spawn([&finished] { ++finished; });
}

/// Relaxed: the end of run(), which is after the end of every task, orders the final read.
void spawn_one(thread::scheduler& on, std::atomic<std::size_t>& finished) {
  on.spawn([&finished] { finished.fetch_add(1, std::memory_order_relaxed); });
}

struct counting_session {
  libuv::scheduler& on;
  std::size_t& finished;

  void on_step() noexcept {
    ++finished;
    on.task_done();
    delete this;
  }
};

void spawn_one(libuv::scheduler& on, std::size_t& finished) {
  on.spawn<&counting_session::on_step>(new counting_session{on, finished});
}

template <class S, class Count>
void run_rounds(S& on, std::size_t rounds, std::size_t tasks, Count& finished) {
  for (std::size_t round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < tasks; ++i) spawn_one(on, finished);
    on.run();
  }
}

/// A batch is several rounds, so that starting and stopping the watch costs nothing per task.
template <class S, class Count, std::size_t Rounds, std::size_t Tasks>
void spawn_finish(stopwatch& watch) {
  S on(conditions(Tasks));
  Count finished = 0;
  run_rounds(on, 1, Tasks, finished);
  while (watch.next_batch(Rounds * Tasks)) {
    finished = 0;
    watch.start();
    run_rounds(on, Rounds, Tasks, finished);
    watch.stop();
    expect_count("tasks finished", finished, Rounds * Tasks);
  }
}

}  // namespace

void add_spawn_finish() {
  add("spawn_finish/coroutine", spawn_finish<coroutine::scheduler, std::size_t, 20, 1'000>);
  add("spawn_finish/fiber", spawn_finish<fiber::scheduler, std::size_t, 20, 1'000>);
#if defined(__x86_64__)
  add("spawn_finish/fiber_asm", spawn_finish<fiber_asm::scheduler, std::size_t, 20, 1'000>);
#endif
  add("spawn_finish/thread", spawn_finish<thread::scheduler, std::atomic<std::size_t>, 10, 100>);
  add("spawn_finish/thread_default",
      spawn_finish<thread_default::scheduler, std::atomic<std::size_t>, 10, 100>);
  add("spawn_finish/libuv", spawn_finish<libuv::scheduler, std::size_t, 20, 1'000>);
}

}  // namespace skein::micro
