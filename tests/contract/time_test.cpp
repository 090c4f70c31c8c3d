// Clauses T1 to T3, for every runtime and against the liars that break them.
// What each check does is in check_time.hpp; who lies, and how, in liars/.
#include "tests/contract/liars/time.hpp"

#include "tests/contract/check_time.hpp"
#include "tests/contract/check_timers.hpp"
#include "tests/contract/every_runtime.hpp"
#include "tests/contract/subject_of.hpp"

namespace skein::contract {
namespace {

SKEIN_FOR_EVERY_RUNTIME("T1: no sleep is early") {
  require_kept(t1_no_sleep_is_early(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("T1: a past deadline is due") {
  require_kept(t1_a_past_deadline_is_due(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("T2: cancel ends one sleep as cancelled") {
  require_kept(t2_cancel_ends_one_sleep_as_cancelled(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("T2: cancel reaches its own timer only") {
  require_kept(t2_cancel_reaches_its_own_timer_only(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("T3: a timer is used again") {
  require_kept(t3_a_timer_is_used_again(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("T2: cancelling an ended sleep leaves the next wait alone") {
  require_kept(t2_cancelling_an_ended_sleep_leaves_the_next_wait_alone(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("T2: a cancel at the deadline touches no later sleep") {
  require_kept(t2_a_cancel_at_the_deadline_touches_no_later_sleep(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("T2: the latest deadline can be cancelled") {
  require_kept(t2_the_latest_deadline_can_be_cancelled(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("T3: a timer is used by another task") {
  require_kept(t3_a_timer_is_used_by_another_task(SKEIN_SUBJECT));
}

TEST_CASE("liar caught on T1: fires early / no sleep is early", "[contract][liar]") {
  require_caught("T1", t1_no_sleep_is_early(subject_of<liars::fires_early>()));
}

TEST_CASE("liar caught on T1: cancels the past / a past deadline is due", "[contract][liar]") {
  require_caught("T1", t1_a_past_deadline_is_due(subject_of<liars::cancels_the_past>()));
}

TEST_CASE("liar caught on T2: swallows a timers cancel / cancel ends one sleep as cancelled",
          "[contract][liar]") {
  require_caught(
      "T2", t2_cancel_ends_one_sleep_as_cancelled(subject_of<liars::swallows_a_timers_cancel>()));
}

TEST_CASE("liar caught on T2: calls cancelled due / cancel ends one sleep as cancelled",
          "[contract][liar]") {
  require_caught("T2",
                 t2_cancel_ends_one_sleep_as_cancelled(subject_of<liars::calls_cancelled_due>()));
}

TEST_CASE("liar caught on T2: remembers a cancel / cancel ends one sleep as cancelled",
          "[contract][liar]") {
  require_caught("T2",
                 t2_cancel_ends_one_sleep_as_cancelled(subject_of<liars::remembers_a_cancel>()));
}

TEST_CASE("liar caught on T2: calls cancelled due / cancel reaches its own timer only",
          "[contract][liar]") {
  require_caught("T2",
                 t2_cancel_reaches_its_own_timer_only(subject_of<liars::calls_cancelled_due>()));
}

TEST_CASE("liar caught on T2: cancels the neighbours / cancel reaches its own timer only",
          "[contract][liar]") {
  require_caught("T2",
                 t2_cancel_reaches_its_own_timer_only(subject_of<liars::cancels_the_neighbours>()));
}

TEST_CASE("liar caught on T3: wears timers out / a timer is used again", "[contract][liar]") {
  require_caught("T3", t3_a_timer_is_used_again(subject_of<liars::wears_timers_out>()));
}

TEST_CASE(
    "liar caught on T2: cancels the next sleep / cancelling an ended sleep leaves the next wait "
    "alone",
    "[contract][liar]") {
  require_caught("T2", t2_cancelling_an_ended_sleep_leaves_the_next_wait_alone(
                           subject_of<liars::cancels_the_next_sleep>()));
}

TEST_CASE(
    "liar caught on T2: cancels the next read / cancelling an ended sleep leaves the next wait "
    "alone",
    "[contract][liar]") {
  require_caught("T2", t2_cancelling_an_ended_sleep_leaves_the_next_wait_alone(
                           subject_of<liars::cancels_the_next_read>()));
}

TEST_CASE(
    "liar caught on T2: cancels the next sleep / a cancel at the deadline touches no later sleep",
    "[contract][liar]") {
  require_caught("T2", t2_a_cancel_at_the_deadline_touches_no_later_sleep(
                           subject_of<liars::cancels_the_next_sleep>()));
}

TEST_CASE("liar caught on T2: overflows / the latest deadline can be cancelled",
          "[contract][liar]") {
  require_caught("T2", t2_the_latest_deadline_can_be_cancelled(subject_of<liars::overflows>()));
}

TEST_CASE("liar caught on T3: cancels each once / a timer is used by another task",
          "[contract][liar]") {
  require_caught("T3", t3_a_timer_is_used_by_another_task(subject_of<liars::cancels_each_once>()));
}

}  // namespace
}  // namespace skein::contract
