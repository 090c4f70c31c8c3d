// The clauses that runtimes whose tasks move can keep, those of tasks, time and timers, on one
// worker, on two, and on more than there are CPUs; and of futures those that need no order among
// tasks. Scopes (S7), which they have without the rest of runtimes/sync, and stops are in
// tests/runtimes.
#include "runtimes/coroutine_stealing/scheduler.hpp"
#include "runtimes/future_stealing/scheduler.hpp"
#include "tests/contract/check_futures.hpp"
#include "tests/contract/check_inbox.hpp"
#include "tests/contract/check_tasks.hpp"
#include "tests/contract/check_time.hpp"
#include "tests/contract/check_timers.hpp"
#include "tests/contract/check_turns.hpp"
#include "tests/contract/check_waiting.hpp"
#include "tests/contract/every_runtime.hpp"
#include "tests/contract/on_workers.hpp"
#include "tests/contract/subject_of.hpp"

namespace skein::contract {
namespace {

using moving_1 = on_workers<future_stealing::scheduler, 1>;
using moving_2 = on_workers<future_stealing::scheduler, 2>;
using moving_8 = on_workers<future_stealing::scheduler, 8>;

template <class Scheduler>
void require_kept_on(verdict (*check)(const subject&)) {
  INFO(Scheduler::info().id);
  require_kept(check(subject_of<on_workers<Scheduler, 1>>()));
  require_kept(check(subject_of<on_workers<Scheduler, 2>>()));
  require_kept(check(subject_of<on_workers<Scheduler, 8>>()));
}

void require_kept_by_workers(verdict (*check)(const subject&)) {
  require_kept_on<coroutine_stealing::scheduler>(check);
  require_kept_on<future_stealing::scheduler>(check);
}

TEST_CASE("S1, among workers: every task runs exactly once", "[contract]") {
  require_kept_by_workers(&s1_every_task_runs_exactly_once);
}

TEST_CASE("S1, among workers: a task spawned at the last moment runs", "[contract]") {
  require_kept_by_workers(&s1_a_task_spawned_at_the_last_moment_runs);
}

TEST_CASE("S2, among workers: run returns when no task is left", "[contract]") {
  require_kept_by_workers(&s2_run_returns_when_no_task_is_left);
}

TEST_CASE("S2, among workers: run with an inbox serves it until stop", "[contract]") {
  require_kept_by_workers(&s2_run_with_an_inbox_serves_it_until_stop);
  require_kept_by_workers(&s2_the_inbox_is_served_until_drained);
  require_kept_by_workers(&s2_the_inbox_is_served_beside_busy_tasks);
}

TEST_CASE("S4, among workers: yielding for another task ends", "[contract]") {
  require_kept_by_workers(&s4_yield_lets_every_other_task_run);
  require_kept_by_workers(&s4_yielding_for_another_task_ends);
}

TEST_CASE("S5, among workers: an escaping exception terminates", "[contract]") {
  require_kept_by_workers(&s5_an_escaping_exception_terminates);
}

TEST_CASE("S6, among workers: spawn takes every task, and counts it", "[contract]") {
  require_kept_by_workers(&s6_spawn_refuses_what_does_not_fit);
  require_kept_by_workers(&s6_what_did_not_fit_fits_when_another_has_ended);
}

TEST_CASE("T1, among workers: no sleep is early, and one into the past is due", "[contract]") {
  require_kept_by_workers(&t1_no_sleep_is_early);
  require_kept_by_workers(&t1_a_past_deadline_is_due);
}

TEST_CASE("T2, among workers: cancel ends one sleep, wherever it is", "[contract]") {
  require_kept_by_workers(&t2_cancel_ends_one_sleep_as_cancelled);
  require_kept_by_workers(&t2_cancel_reaches_its_own_timer_only);
  require_kept_by_workers(&t2_a_cancel_at_the_deadline_touches_no_later_sleep);
  require_kept_by_workers(&t2_the_latest_deadline_can_be_cancelled);
  require_kept_by_workers(&t2_the_inbox_cancels_a_sleep);
}

TEST_CASE("T3, among workers: a timer is used again, by any task", "[contract]") {
  require_kept_by_workers(&t3_a_timer_is_used_again);
  require_kept_by_workers(&t3_a_timer_is_used_by_another_task);
}

TEST_CASE("W1, among workers: sleeps end once when cancel races the deadline", "[contract]") {
  require_kept_by_workers(&w1_sleeps_end_once_when_cancel_races_the_deadline);
}

TEMPLATE_TEST_CASE("P1 to P4, among workers: futures are lazy, stay, and are polled when woken",
                   "[contract]", moving_1, moving_2, moving_8) {
  require_kept(p1_making_begins_nothing<TestType>());
  require_kept(p2_what_is_woken_is_polled<TestType>());
  require_kept(p3_a_future_stays_where_it_was_polled<TestType>());
  require_kept(p4_woken_while_polled_is_polled_again<TestType>());
}

TEST_CASE("P5 and P6, future_stealing: what is woken twice is polled once, and what is over never",
          "[contract]") {
  require_kept(p5_woken_twice_is_polled_once<moving_1>());
  require_kept(p6_what_is_over_is_not_polled<moving_1>());
}

TEMPLATE_TEST_CASE("P7, among workers: a dropped sleep is withdrawn", "[contract]", moving_1,
                   moving_2, moving_8) {
  require_kept(p7_a_dropped_sleep_is_withdrawn<TestType>());
}

TEMPLATE_TEST_CASE("P8, among workers: no wake from another thread is lost", "[contract]", moving_1,
                   moving_2, moving_8) {
  require_kept(p8_no_wake_from_another_thread_is_lost<TestType>(1'000));
}

/// Minutes on two CPUs: by hand, `contract_tests "[stress]"`.
TEMPLATE_TEST_CASE("P8, among workers: of a million wakes from four threads none is lost",
                   "[.][stress]", moving_1, moving_2, moving_8) {
  require_kept(p8_no_wake_from_another_thread_is_lost<TestType>(250'000));
}

}  // namespace
}  // namespace skein::contract
