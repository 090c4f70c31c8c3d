// Clauses S1 to S6, for every runtime and against the liars that break them.
// What each check does is in check_tasks.hpp; who lies, and how, in liars/.
#include "tests/contract/liars/tasks.hpp"

#include "tests/contract/check_stopping.hpp"
#include "tests/contract/check_tasks.hpp"
#include "tests/contract/check_turns.hpp"
#include "tests/contract/every_runtime.hpp"
#include "tests/contract/subject_of.hpp"

namespace skein::contract {
namespace {

SKEIN_FOR_EVERY_RUNTIME("S1: every task runs exactly once") {
  require_kept(s1_every_task_runs_exactly_once(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("S1: tasks start in order and not inside spawn") {
  require_kept(s1_tasks_start_in_order_and_not_inside_spawn(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("S2: run returns when no task is left") {
  require_kept(s2_run_returns_when_no_task_is_left(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("S2: run with an inbox serves it until stop") {
  require_kept(s2_run_with_an_inbox_serves_it_until_stop(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("S3: stop ends every wait as cancelled") {
  const auto whom = GENERATE(stopped_by::a_task, stopped_by::two_tasks, stopped_by::the_inbox);
  require_kept(s3_stop_ends_every_wait_as_cancelled(SKEIN_SUBJECT, whom));
}

SKEIN_FOR_EVERY_RUNTIME("S3: stop before run cancels all waits") {
  require_kept(s3_stop_before_run_cancels_all_waits(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("S4: yield lets every other task run") {
  require_kept(s4_yield_lets_every_other_task_run(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("S4: yielding for another task ends") {
  require_kept(s4_yielding_for_another_task_ends(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("S5: an escaping exception terminates") {
  require_kept(s5_an_escaping_exception_terminates(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("S6: spawn refuses what does not fit") {
  require_kept(s6_spawn_refuses_what_does_not_fit(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("S3: stop beside connections that arrive") {
  require_kept(s3_stop_beside_connections_that_arrive(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("S3: stop beside waits that are just over") {
  require_kept(s3_stop_beside_waits_that_are_just_over(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("S4: a yield lets run what was just made runnable") {
  require_kept(s4_a_yield_lets_run_what_was_just_made_runnable(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("S6: what did not fit fits when another has ended") {
  require_kept(s6_what_did_not_fit_fits_when_another_has_ended(SKEIN_SUBJECT));
}

TEST_CASE("liar caught on S1: drops a task / every task runs exactly once", "[contract][liar]") {
  require_caught("S1", s1_every_task_runs_exactly_once(subject_of<liars::drops_a_task>()));
}

TEST_CASE("liar caught on S1: repeats a task / every task runs exactly once", "[contract][liar]") {
  require_caught("S1", s1_every_task_runs_exactly_once(subject_of<liars::repeats_a_task>()));
}

TEST_CASE("liar caught on S1: starts inside spawn / tasks start in order and not inside spawn",
          "[contract][liar]") {
  require_caught(
      "S1", s1_tasks_start_in_order_and_not_inside_spawn(subject_of<liars::starts_inside_spawn>()));
}

TEST_CASE("liar caught on S1: starts in reverse / tasks start in order and not inside spawn",
          "[contract][liar]") {
  require_caught(
      "S1", s1_tasks_start_in_order_and_not_inside_spawn(subject_of<liars::starts_in_reverse>()));
}

TEST_CASE("liar caught on S2: returns too soon / run returns when no task is left",
          "[contract][liar]") {
  require_caught("S2", s2_run_returns_when_no_task_is_left(subject_of<liars::returns_too_soon>()));
}

TEST_CASE("liar caught on S2: leaves the inbox / run with an inbox serves it until stop",
          "[contract][liar]") {
  require_caught("S2",
                 s2_run_with_an_inbox_serves_it_until_stop(subject_of<liars::leaves_the_inbox>()));
}

TEST_CASE("liar caught on S3: sleeps through stop / stop ends every wait as cancelled",
          "[contract][liar]") {
  require_caught("S3", s3_stop_ends_every_wait_as_cancelled(
                           subject_of<liars::sleeps_through_stop>(), stopped_by::a_task));
}

TEST_CASE("liar caught on S3: forgets stop / stop ends every wait as cancelled",
          "[contract][liar]") {
  require_caught("S3", s3_stop_ends_every_wait_as_cancelled(subject_of<liars::forgets_stop>(),
                                                            stopped_by::a_task));
}

TEST_CASE("liar caught on S3: forgets stop / stop before run cancels all waits",
          "[contract][liar]") {
  require_caught("S3", s3_stop_before_run_cancels_all_waits(subject_of<liars::forgets_stop>()));
}

TEST_CASE("liar caught on S4: does not yield / yield lets every other task run",
          "[contract][liar]") {
  require_caught("S4", s4_yield_lets_every_other_task_run(subject_of<liars::does_not_yield>()));
}

TEST_CASE("liar caught on S4: does not yield / yielding for another task ends",
          "[contract][liar]") {
  require_caught("S4", s4_yielding_for_another_task_ends(subject_of<liars::does_not_yield>()));
}

#ifndef SKEIN_SANITIZED
TEST_CASE("liar caught on S5: swallows exceptions / an escaping exception terminates",
          "[contract][liar]") {
  require_caught("S5",
                 s5_an_escaping_exception_terminates(subject_of<liars::swallows_exceptions>()));
}
#endif

TEST_CASE("liar caught on S6: hides the ceiling / spawn refuses what does not fit",
          "[contract][liar]") {
  require_caught("S6", s6_spawn_refuses_what_does_not_fit(subject_of<liars::hides_the_ceiling>()));
}

TEST_CASE("liar caught on S3: hears only tasks stop / stop ends every wait as cancelled",
          "[contract][liar]") {
  require_caught("S3", s3_stop_ends_every_wait_as_cancelled(
                           subject_of<liars::hears_only_tasks_stop>(), stopped_by::the_inbox));
}

TEST_CASE("liar caught on S3: spares the newest / stop beside connections that arrive",
          "[contract][liar]") {
  require_caught("S3",
                 s3_stop_beside_connections_that_arrive(subject_of<liars::spares_the_newest>()));
}

TEST_CASE("liar caught on S3: forgets stop / stop beside waits that are just over",
          "[contract][liar]") {
  require_caught("S3", s3_stop_beside_waits_that_are_just_over(subject_of<liars::forgets_stop>()));
}

TEST_CASE("liar caught on S4: does not yield / a yield lets run what was just made runnable",
          "[contract][liar]") {
  require_caught(
      "S4", s4_a_yield_lets_run_what_was_just_made_runnable(subject_of<liars::does_not_yield>()));
}

TEST_CASE("liar caught on S6: takes one more / spawn refuses what does not fit",
          "[contract][liar]") {
  require_caught("S6", s6_spawn_refuses_what_does_not_fit(subject_of<liars::takes_one_more>()));
}

TEST_CASE("liar caught on S6: takes one more / what did not fit fits when another has ended",
          "[contract][liar]") {
  require_caught(
      "S6", s6_what_did_not_fit_fits_when_another_has_ended(subject_of<liars::takes_one_more>()));
}

}  // namespace
}  // namespace skein::contract
