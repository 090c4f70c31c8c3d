// Timers as a task sees them: the verbs of the single-threaded runtimes, with 10,000 and 1,000,000
// sleeping tasks (with stacks: 100,000, since a million of them take four gigabytes).
// coroutine_heap is coroutine with its timers in a heap.
//
// Measures, per timer:
//  - insert: a task is continued, calls sleep_until and waits
//  - cancel: one task calls cancel, another is continued and learns of it, for all in a shuffled
//    order
//  - expire: all timers are due; the scheduler finds them and continues their tasks
// timer_board.hpp has the steps of a batch.
// Does not measure: making a timer (each was used once before), ending a task, or lateness, which
// the workload `timers` measures.
// How it may be unfair:
//  - A task's switch is part of each figure (compare yield at the same number of tasks). So are the
//    cache misses on its frame or stack, which outweigh the timer from 100,000 tasks on.
//  - libuv's sleep_until reads the clock twice: to bring the loop's time up to date, and to turn an
//    absolute deadline into a timeout. The wheel takes the deadline itself.
//  - Expiring deadlines lie within 8 ms, because they are waited for. So the wheel has them all in
//    its near ring and moves none; timer_expire/timer_wheel has the other case.
//  - All timers expire in one turn. In use a turn finds few, and its own cost counts for more.
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "harness/micro/bench.hpp"
#include "harness/micro/benchmarks.hpp"
#include "harness/micro/conditions.hpp"
#include "harness/micro/subjects.hpp"
#include "harness/micro/timer_board.hpp"
#include "harness/micro/timer_load.hpp"

namespace skein::micro {

namespace {

// --- coroutine ------------------------------------------------------------------------------

template <coroutine_scheduler S>
typename S::task lead(S& on, timer_board<S>& board) {
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

template <coroutine_scheduler S>
typename S::task sleeper(S& on, timer_board<S>& board, std::size_t index) {
  typename S::timer own;
  const time_ns never_ns = board.present(index, own);
  board.woke(co_await on.sleep_until(own, never_ns));
  co_await on.yield();
  board.woke(co_await on.sleep_until(own, board.deadline_ns(index)));
  co_await on.yield();
}

template <coroutine_scheduler S>
void run_batch(S& on, std::size_t tasks, timer_board<S>& board) {
  on.spawn(lead(on, board));
  for (std::size_t i = 0; i < tasks; ++i) on.spawn(sleeper(on, board, i));
  on.run();
}

// --- direct ---------------------------------------------------------------------------------

template <direct_scheduler S>
void lead(S& on, timer_board<S>& board) {
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

template <direct_scheduler S>
void sleeper(S& on, timer_board<S>& board, std::size_t index) {
  typename S::timer own;
  const time_ns never_ns = board.present(index, own);
  board.woke(on.sleep_until(own, never_ns));
  on.yield();
  board.woke(on.sleep_until(own, board.deadline_ns(index)));
  on.yield();
}

template <direct_scheduler S>
void run_batch(S& on, std::size_t tasks, timer_board<S>& board) {
  on.spawn([&] { lead(on, board); });
  for (std::size_t i = 0; i < tasks; ++i) on.spawn([&on, &board, i] { sleeper(on, board, i); });
  on.run();
}

// --- callback -------------------------------------------------------------------------------

template <callback_scheduler S>
struct leading_session {
  S& on;
  timer_board<S>& board;
  int steps = 0;

  void on_step() noexcept {
    if (steps > 3 && board.all_awake()) {
      board.end_waking();
      return on.task_done();
    }
    direct(steps++);
    on.template yield<&leading_session::on_step>(this);
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

template <callback_scheduler S>
struct sleeping_session {
  S& on;
  timer_board<S>& board;
  std::size_t index;
  int steps = 0;
  typename S::timer own{};

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
    on.template yield<&sleeping_session::on_step>(this);
  }

 private:
  void sleep(time_ns deadline_ns) noexcept {
    on.template sleep_until<&sleeping_session::on_wake>(own, deadline_ns, this);
  }
};

template <callback_scheduler S>
void run_batch(S& on, std::size_t tasks, timer_board<S>& board) {
  leading_session<S> leader{on, board};
  on.template spawn<&leading_session<S>::on_step>(&leader);
  for (std::size_t i = 0; i < tasks; ++i) {
    on.template spawn<&sleeping_session<S>::on_step>(new sleeping_session<S>{on, board, i});
  }
  on.run();
}

// --- poll -----------------------------------------------------------------------------------

template <poll_scheduler S>
class leading_future : pinned {
 public:
  using output = nothing;

  leading_future(S& on, timer_board<S>& board) : on_(on), board_(board) { yields_.emplace(on); }

  polled<nothing> poll(context& with) {
    while (yields_->poll(with)) {
      direct(steps_++);
      if (steps_ > 2 && board_.all_awake()) {
        board_.end_waking();
        return nothing{};
      }
      yields_.emplace(on_);
    }
    return not_ready;
  }

 private:
  void direct(int step) noexcept {
    if (step == 0) board_.cancel_first_use(on_);
    if (step == 1) board_.begin_insert();
    if (step != 2) return;
    board_.end_insert();
    board_.begin_waking(on_);
  }

  S& on_;
  timer_board<S>& board_;
  int steps_ = 0;
  std::optional<typename S::yielding> yields_;
};

template <poll_scheduler S>
class sleeping_future : pinned {
 public:
  using output = nothing;

  sleeping_future(S& on, timer_board<S>& board, std::size_t index)
      : on_(on),
        board_(board),
        index_(index),
        waits_(std::in_place_type<sleeping>, on, own_, board.present(index, own_)) {}

  polled<nothing> poll(context& with) {
    while (true) {
      if (auto* sleep = std::get_if<sleeping>(&waits_)) {
        const auto how = sleep->poll(with);
        if (!how) return not_ready;
        board_.woke(*how);
        waits_.template emplace<yielding>(on_);
      } else {
        if (!std::get<yielding>(waits_).poll(with)) return not_ready;
        if (slept_twice_) return nothing{};
        slept_twice_ = true;
        waits_.template emplace<sleeping>(on_, own_, board_.deadline_ns(index_));
      }
    }
  }

 private:
  using sleeping = typename S::sleeping_on;
  using yielding = typename S::yielding;

  S& on_;
  timer_board<S>& board_;
  std::size_t index_;
  bool slept_twice_ = false;
  typename S::timer own_;
  std::variant<sleeping, yielding> waits_;
};

template <poll_scheduler S>
void run_batch(S& on, std::size_t tasks, timer_board<S>& board) {
  on.template spawn<leading_future<S>>(on, board);
  for (std::size_t i = 0; i < tasks; ++i) on.template spawn<sleeping_future<S>>(on, board, i);
  on.run();
}

// --- rows -----------------------------------------------------------------------------------

/// Short, because it passes in real time.
constexpr time_ns expiry_window_ns = 8 * ns_per_ms;

template <class S>
void run_batches(stopwatch& watch, timer_step timed, std::size_t count, timer_structure structure) {
  const timer_load load(count, timed == timer_step::expire ? expiry_window_ns : wide_window_ns);
  scheduler_options options = conditions(count);
  options.timers = structure;
  S on(options);
  while (watch.next_batch(static_cast<std::int64_t>(count))) {
    timer_board<S> board(watch, timed, load);
    run_batch(on, count, board);
    board.check();
  }
}

template <class S>
void add_rows(const std::string& runtime, std::size_t many,
              timer_structure structure = timer_structure::wheel) {
  for (const timer_step timed : {timer_step::insert, timer_step::cancel, timer_step::expire}) {
    for (const std::size_t count : {std::size_t{10'000}, many}) {
      add(std::string(name_of(timed)) + "/" + runtime + "/" + std::to_string(count),
          [timed, count, structure](stopwatch& watch) {
            run_batches<S>(watch, timed, count, structure);
          });
    }
  }
}

}  // namespace

void add_timer_verbs() {
  for_each_single_threaded(
      []<class S>(const std::string& id) { add_rows<S>(id, has_stacks<S> ? 100'000 : 1'000'000); });
  add_rows<coroutine::scheduler>("coroutine_heap", 1'000'000, timer_structure::heap);
}

}  // namespace skein::micro
