// The clauses that coroutine_stealing can keep, those of tasks, time and timers, on one worker, on
// two, and on more than there are CPUs. Scopes (S7), which it has without the rest of
// runtimes/sync, and stops are in tests/runtimes/coroutine_stealing_test.cpp.
#include <coroutine>
#include <cstddef>
#include <cstdlib>

#include "runtimes/coroutine_stealing/scheduler.hpp"
#include "tests/contract/check_inbox.hpp"
#include "tests/contract/check_tasks.hpp"
#include "tests/contract/check_time.hpp"
#include "tests/contract/check_timers.hpp"
#include "tests/contract/check_turns.hpp"
#include "tests/contract/check_waiting.hpp"
#include "tests/contract/every_runtime.hpp"
#include "tests/contract/subject_of.hpp"

namespace skein::contract {

/// What must not be asked for.
template <class Result>
struct never {
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> /*waiting*/) const noexcept { std::abort(); }
  Result await_resume() const noexcept { std::abort(); }
};

/// The scheduler with a number of workers, and connections in name, so that the suite takes it. Not
/// of the anonymous namespace: g++ warns of a frame that refers to one there.
template <std::size_t Workers>
class on_workers : public coroutine_stealing::scheduler {
  using base = coroutine_stealing::scheduler;

 public:
  struct connection {
    static int error() noexcept { return 0; }
  };
  struct listener {};

  explicit on_workers(scheduler_options options) : base(with_workers(options)) {}

  using base::cancel;
  static listener& listen(int /*descriptor*/) { std::abort(); }
  static void close(connection& /*closed*/) { std::abort(); }
  static void cancel(connection& /*target*/) { std::abort(); }
  static void cancel(listener& /*target*/) { std::abort(); }
  static never<connection*> accept(listener& /*from*/) { return {}; }
  static never<bytes> read(connection& /*from*/) { return {}; }
  static never<bool> write(connection& /*to*/, const bytes& /*data*/) { return {}; }

 private:
  static scheduler_options with_workers(scheduler_options options) {
    options.workers = Workers;
    return options;
  }
};

namespace {

void require_kept_by_workers(verdict (*check)(const subject&)) {
  require_kept(check(subject_of<on_workers<1>>()));
  require_kept(check(subject_of<on_workers<2>>()));
  require_kept(check(subject_of<on_workers<8>>()));
}

TEST_CASE("S1, coroutine_stealing: every task runs exactly once", "[contract]") {
  require_kept_by_workers(&s1_every_task_runs_exactly_once);
}

TEST_CASE("S1, coroutine_stealing: a task spawned at the last moment runs", "[contract]") {
  require_kept_by_workers(&s1_a_task_spawned_at_the_last_moment_runs);
}

TEST_CASE("S2, coroutine_stealing: run returns when no task is left", "[contract]") {
  require_kept_by_workers(&s2_run_returns_when_no_task_is_left);
}

TEST_CASE("S2, coroutine_stealing: run with an inbox serves it until stop", "[contract]") {
  require_kept_by_workers(&s2_run_with_an_inbox_serves_it_until_stop);
  require_kept_by_workers(&s2_the_inbox_is_served_until_drained);
  require_kept_by_workers(&s2_the_inbox_is_served_beside_busy_tasks);
}

TEST_CASE("S4, coroutine_stealing: yielding for another task ends", "[contract]") {
  require_kept_by_workers(&s4_yield_lets_every_other_task_run);
  require_kept_by_workers(&s4_yielding_for_another_task_ends);
}

TEST_CASE("S5, coroutine_stealing: an escaping exception terminates", "[contract]") {
  require_kept_by_workers(&s5_an_escaping_exception_terminates);
}

TEST_CASE("S6, coroutine_stealing: spawn takes every task, and counts it", "[contract]") {
  require_kept_by_workers(&s6_spawn_refuses_what_does_not_fit);
  require_kept_by_workers(&s6_what_did_not_fit_fits_when_another_has_ended);
}

TEST_CASE("T1, coroutine_stealing: no sleep is early, and one into the past is due", "[contract]") {
  require_kept_by_workers(&t1_no_sleep_is_early);
  require_kept_by_workers(&t1_a_past_deadline_is_due);
}

TEST_CASE("T2, coroutine_stealing: cancel ends one sleep, wherever it is", "[contract]") {
  require_kept_by_workers(&t2_cancel_ends_one_sleep_as_cancelled);
  require_kept_by_workers(&t2_cancel_reaches_its_own_timer_only);
  require_kept_by_workers(&t2_a_cancel_at_the_deadline_touches_no_later_sleep);
  require_kept_by_workers(&t2_the_latest_deadline_can_be_cancelled);
  require_kept_by_workers(&t2_the_inbox_cancels_a_sleep);
}

TEST_CASE("T3, coroutine_stealing: a timer is used again, by any task", "[contract]") {
  require_kept_by_workers(&t3_a_timer_is_used_again);
  require_kept_by_workers(&t3_a_timer_is_used_by_another_task);
}

TEST_CASE("W1, coroutine_stealing: sleeps end once when cancel races the deadline", "[contract]") {
  require_kept_by_workers(&w1_sleeps_end_once_when_cancel_races_the_deadline);
}

}  // namespace
}  // namespace skein::contract
