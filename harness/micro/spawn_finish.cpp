// The life of an empty task: spawn, first step, end.
//
// Measures, per task:
//  - spawn_finish: rounds of 1,000 tasks (threads: 100) are spawned, then run to their end. The
//    tasks count themselves and do nothing else. Frames, stacks and threads' stacks are warm: a
//    round ran before, so nothing that can be reused is taken from the system.
//  - spawn_finish_cold: the same once, for 10,000 tasks (threads: 100) on a new scheduler and a new
//    thread, after malloc has given its free memory back. The kernel zeroes each page that a task
//    touches first.
// Does not measure: waiting, or large numbers of tasks that live at the same time.
// How it may be unfair:
//  - A callback task is a session object, allocated and freed here like a frame. It uses malloc and
//    not a pool, because that is what users of libuv have.
//  - libuv makes one epoll_wait per round; the epoll loop sees before its own that no task is left.
//  - A thread starts at once and alone on the CPU it shares with its spawner, so its figure is
//    clone, two switches and the join of an ended thread. On several CPUs the figure would differ.
//  - The cold rows include two thread switches per batch, of some microseconds: less than 1 ns a
//    task with 10,000 tasks.
#include <atomic>
#include <cstddef>
#include <exception>
#include <malloc.h>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>

#include "harness/micro/bench.hpp"
#include "harness/micro/benchmarks.hpp"
#include "harness/micro/conditions.hpp"
#include "harness/micro/gate.hpp"
#include "harness/micro/subjects.hpp"

namespace skein::micro {

namespace {

/// Tasks that are threads add to it concurrently. Relaxed: run() ends after the end of every task,
/// and that orders the final read.
using shared_count = std::atomic<std::size_t>;
using plain_count = std::size_t;

void add_one(plain_count& finished) noexcept {
  ++finished;
}
void add_one(shared_count& finished) noexcept {
  finished.fetch_add(1, std::memory_order_relaxed);
}

template <class S>
typename S::task count_self(plain_count& finished) {
  ++finished;
  co_return;
}

template <coroutine_scheduler S>
void spawn_one(S& on, plain_count& finished) {
  on.spawn(count_self<S>(finished));
}

template <direct_scheduler S, class Count>
void spawn_one(S& on, Count& finished) {
  on.spawn([&finished] { add_one(finished); });
}

template <class S>
struct counting_session {
  S& on;
  plain_count& finished;

  void on_step() noexcept {
    ++finished;
    on.task_done();
    delete this;
  }
};

template <callback_scheduler S>
void spawn_one(S& on, plain_count& finished) {
  on.template spawn<&counting_session<S>::on_step>(new counting_session<S>{on, finished});
}

class counting_future : pinned {
 public:
  using output = nothing;

  explicit counting_future(plain_count& finished) noexcept : finished_(finished) {}

  polled<nothing> poll(context&) noexcept {
    ++finished_;
    return nothing{};
  }

 private:
  plain_count& finished_;
};

template <poll_scheduler S>
void spawn_one(S& on, plain_count& finished) {
  on.template spawn<counting_future>(finished);
}

template <class S, class Count>
void run_rounds(S& on, std::size_t rounds, std::size_t tasks, Count& finished) {
  for (std::size_t round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < tasks; ++i) spawn_one(on, finished);
    on.run();
  }
}

/// A batch is several rounds, so that starting and stopping the watch costs nothing per task.
template <class S, class Count>
void spawn_finish(stopwatch& watch, std::size_t rounds, std::size_t tasks) {
  S on(conditions(tasks));
  Count finished = 0;
  run_rounds(on, 1, tasks, finished);
  while (watch.next_batch(static_cast<std::int64_t>(rounds * tasks))) {
    finished = 0;
    watch.start();
    run_rounds(on, rounds, tasks, finished);
    watch.stop();
    expect_count("tasks finished", finished, rounds * tasks);
  }
}

/// One round on a thread of its own, which begins with memory of its own, because frame pools
/// belong to threads. The watch does not run while the thread is made and while its end is awaited.
template <class S, class Count>
class cold_round {
 public:
  explicit cold_round(std::size_t tasks) : tasks_(tasks), thread_([this] { take_part(); }) {}
  cold_round(const cold_round&) = delete;
  cold_round& operator=(const cold_round&) = delete;
  ~cold_round() {
    may_run_.open();
    may_end_.open();
    if (thread_.joinable()) thread_.join();
  }

  void await_ready() const noexcept { ready_.wait(); }
  void run() noexcept {
    may_run_.open();
    through_.wait();
  }
  /// Returns how many tasks ran. Throws what the round threw.
  std::size_t finish() {
    may_end_.open();
    thread_.join();
    if (failure_) std::rethrow_exception(failure_);
    return finished_;
  }

 private:
  void take_part() noexcept {
    try {
      std::optional<S> on(std::in_place, conditions(tasks_));
      ready_.open();
      may_run_.wait();
      run_rounds(*on, 1, tasks_, finished_);
      through_.open();
      may_end_.wait();
    } catch (...) {
      failure_ = std::current_exception();
    }
    ready_.open();
    through_.open();
  }

  const std::size_t tasks_;
  Count finished_ = 0;
  std::exception_ptr failure_;
  gate ready_, may_run_, through_, may_end_;
  std::thread thread_;
};

template <class S, class Count>
void spawn_finish_cold(stopwatch& watch, std::size_t tasks) {
  while (watch.next_batch(static_cast<std::int64_t>(tasks))) {
    ::malloc_trim(0);
    cold_round<S, Count> round(tasks);
    round.await_ready();
    watch.start();
    round.run();
    watch.stop();
    expect_count("tasks finished", round.finish(), tasks);
  }
}

template <class S, class Count>
void add_rows(const std::string& id, std::size_t rounds, std::size_t tasks, std::size_t cold) {
  add("spawn_finish/" + id,
      [rounds, tasks](stopwatch& watch) { spawn_finish<S, Count>(watch, rounds, tasks); });
  add("spawn_finish_cold/" + id,
      [cold](stopwatch& watch) { spawn_finish_cold<S, Count>(watch, cold); });
}

}  // namespace

void add_spawn_finish() {
  interface_runtimes::for_each([]<class S>() {
    const std::string id(S::info().id);
    if (is_single_threaded(S::info())) return add_rows<S, plain_count>(id, 20, 1'000, 10'000);
    if constexpr (direct_scheduler<S>) add_rows<S, shared_count>(id, 10, 100, 100);
  });
}

}  // namespace skein::micro
