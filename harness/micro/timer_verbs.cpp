// Timers as a task sees them: the verbs of the single-threaded runtimes, with 10,000 and 1,000,000
// sleeping tasks (fibers: 100,000, since a million stacks are four gigabytes).
//
// Measures, per timer: insert: a task is continued, calls sleep_until and waits; cancel: one task
// calls cancel, another is continued and learns it, for all in a shuffled order; expire: all timers
// are due, the scheduler finds them and continues their tasks. How it goes: timer_board.hpp.
// Does not measure: making a timer (each was used once before), ending a task, or lateness: that is
// the workload `timers`.
// How it may be unfair:
//  - A task's switch is part of each figure (compare yield at the same number of tasks), and with
//    it the cache misses on its frame or stack, which outweigh the timer from 100,000 tasks on.
//  - libuv's sleep_until reads the clock twice, to bring the loop's time up to date and to make a
//    timeout of an absolute deadline; the wheel is told the deadline itself.
//  - Expiring deadlines lie within 8 ms, because they are waited for: the wheel has them all on its
//    lowest level and re-files nothing. timer_expire/timer_wheel has the other case.
//  - All expire in one turn; in use a turn finds few, and its own cost counts for more.
#include <cstddef>
#include <string>

#include "harness/micro/bench.hpp"
#include "harness/micro/benchmarks.hpp"
#include "harness/micro/conditions.hpp"
#include "harness/micro/timer_board.hpp"
#include "harness/micro/timer_load.hpp"
#include "runtimes/coroutine/scheduler.hpp"
#include "runtimes/fiber/scheduler.hpp"
#include "runtimes/libuv/scheduler.hpp"

namespace skein::micro {

namespace {

// --- coroutine ------------------------------------------------------------------------------

using coroutine_board = timer_board<coroutine::scheduler>;

coroutine::task lead(coroutine::scheduler& on, coroutine_board& board) {
  co_await on.yield();
  board.cancel_first_use(on);
  co_await on.yield();
  board.begin_insert();
  co_await on.yield();
  board.end_insert();
  board.begin_waking(on);
  while (!board.all_awake()) co_await on.yield();
  board.end_waking();
}

coroutine::task sleeper(coroutine::scheduler& on, coroutine_board& board, std::size_t index) {
  coroutine::scheduler::timer own;
  const time_ns never_ns = board.present(index, own);
  board.woke(co_await on.sleep_until(own, never_ns));
  co_await on.yield();
  board.woke(co_await on.sleep_until(own, board.deadline_ns(index)));
  co_await on.yield();
}

void run_batch(coroutine::scheduler& on, std::size_t tasks, coroutine_board& board) {
  on.spawn(lead(on, board));
  for (std::size_t i = 0; i < tasks; ++i) on.spawn(sleeper(on, board, i));
  on.run();
}

// --- fiber ----------------------------------------------------------------------------------

using fiber_board = timer_board<fiber::scheduler>;

void lead(fiber::scheduler& on, fiber_board& board) {
  on.yield();
  board.cancel_first_use(on);
  on.yield();
  board.begin_insert();
  on.yield();
  board.end_insert();
  board.begin_waking(on);
  while (!board.all_awake()) on.yield();
  board.end_waking();
}

void sleeper(fiber::scheduler& on, fiber_board& board, std::size_t index) {
  fiber::scheduler::timer own;
  const time_ns never_ns = board.present(index, own);
  board.woke(on.sleep_until(own, never_ns));
  on.yield();
  board.woke(on.sleep_until(own, board.deadline_ns(index)));
  on.yield();
}

void run_batch(fiber::scheduler& on, std::size_t tasks, fiber_board& board) {
  on.spawn([&] { lead(on, board); });
  for (std::size_t i = 0; i < tasks; ++i) on.spawn([&on, &board, i] { sleeper(on, board, i); });
  on.run();
}

// --- libuv ----------------------------------------------------------------------------------

using libuv_board = timer_board<libuv::scheduler>;

struct leading_session {
  libuv::scheduler& on;
  libuv_board& board;
  int steps = 0;

  void on_step() noexcept {
    if (steps > 3 && board.all_awake()) {
      board.end_waking();
      return on.task_done();
    }
    direct(steps++);
    on.yield<&leading_session::on_step>(this);
  }

 private:
  void direct(int step) noexcept {
    if (step == 1) board.cancel_first_use(on);
    if (step == 2) board.begin_insert();
    if (step != 3) return;
    board.end_insert();
    board.begin_waking(on);
  }
};

struct sleeping_session {
  libuv::scheduler& on;
  libuv_board& board;
  std::size_t index;
  int steps = 0;
  libuv::scheduler::timer own{};

  void on_step() noexcept {
    switch (steps++) {
      case 0:
        return sleep(board.present(index, own));
      case 1:
        return sleep(board.deadline_ns(index));
      default:
        on.task_done();
        delete this;
    }
  }
  void on_wake(wake how) noexcept {
    board.woke(how);
    on.yield<&sleeping_session::on_step>(this);
  }

 private:
  void sleep(time_ns deadline_ns) noexcept {
    on.sleep_until<&sleeping_session::on_wake>(own, deadline_ns, this);
  }
};

void run_batch(libuv::scheduler& on, std::size_t tasks, libuv_board& board) {
  leading_session leader{on, board};
  on.spawn<&leading_session::on_step>(&leader);
  for (std::size_t i = 0; i < tasks; ++i) {
    on.spawn<&sleeping_session::on_step>(new sleeping_session{on, board, i});
  }
  on.run();
}

// --- rows -----------------------------------------------------------------------------------

/// Short, because it passes for real.
constexpr time_ns expiry_window_ns = 8 * ns_per_ms;

template <class S>
void run_batches(stopwatch& watch, timer_step timed, std::size_t count) {
  const timer_load load(count, timed == timer_step::expire ? expiry_window_ns : wide_window_ns);
  S on(conditions(count));
  while (watch.next_batch(static_cast<std::int64_t>(count))) {
    timer_board<S> board(watch, timed, load);
    run_batch(on, count, board);
    board.check();
  }
}

template <class S>
void add_rows(const std::string& runtime, std::size_t many) {
  for (const timer_step timed : {timer_step::insert, timer_step::cancel, timer_step::expire}) {
    for (const std::size_t count : {std::size_t{10'000}, many}) {
      add(std::string(name_of(timed)) + "/" + runtime + "/" + std::to_string(count),
          [timed, count](stopwatch& watch) { run_batches<S>(watch, timed, count); });
    }
  }
}

}  // namespace

void add_timer_verbs() {
  add_rows<coroutine::scheduler>("coroutine", 1'000'000);
  add_rows<fiber::scheduler>("fiber", 100'000);
  add_rows<libuv::scheduler>("libuv", 1'000'000);
}

}  // namespace skein::micro
