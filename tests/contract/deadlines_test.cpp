// Clause W9, for every runtime that offers it and against the liars that break it.
// What each check does is in check_deadlines.hpp; who lies, and how, in liars/.
#include "tests/contract/liars/deadlines.hpp"

#include "tests/contract/check_deadlines.hpp"
#include "tests/contract/every_runtime.hpp"
#include "tests/contract/subject_of.hpp"

namespace skein::contract {
namespace {

SKEIN_FOR_EVERY_RUNTIME("W9: a silent read gives up at its deadline") {
  require_kept(w9_a_silent_read_gives_up_at_its_deadline(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("W9: a read in time leaves no deadline behind") {
  require_kept(w9_a_read_in_time_leaves_no_deadline_behind(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("W9: a late loop reads what came before the deadline") {
  require_kept(w9_a_late_loop_reads_what_came_in_time(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("W9: bytes that race the deadline are read once") {
  require_kept(w9_bytes_that_race_the_deadline_are_read_once(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("W9: cancel and stop end a read before its deadline") {
  require_kept(w9_cancel_and_stop_end_a_read_before_its_deadline(SKEIN_SUBJECT));
}

TEST_CASE("every runtime of ours offers reads that give up", "[contract]") {
  interface_runtimes::for_each([]<class S>() {
    INFO(S::info().id);
    REQUIRE(read_deadline_scheduler<S>);
  });
}

TEST_CASE("liar caught on W9: gives up early / a silent read gives up at its deadline",
          "[contract][liar]") {
  require_caught("W9",
                 w9_a_silent_read_gives_up_at_its_deadline(subject_of<liars::gives_up_early>()));
}

TEST_CASE("liar caught on W9: never gives up / a silent read gives up at its deadline",
          "[contract][liar]") {
  require_caught("W9",
                 w9_a_silent_read_gives_up_at_its_deadline(subject_of<liars::never_gives_up>()));
}

TEST_CASE("liar caught on W9: leaves a deadline / a read in time leaves no deadline behind",
          "[contract][liar]") {
  require_caught(
      "W9", w9_a_read_in_time_leaves_no_deadline_behind(subject_of<liars::leaves_a_deadline>()));
}

TEST_CASE("liar caught on W9: forgets to withdraw / a read in time leaves no deadline behind",
          "[contract][liar]") {
  require_caught(
      "W9", w9_a_read_in_time_leaves_no_deadline_behind(subject_of<liars::forgets_to_withdraw>()));
}

TEST_CASE("liar caught on W9: gives up what came in time / a late loop reads what came",
          "[contract][liar]") {
  require_caught("W9", w9_a_late_loop_reads_what_came_in_time(
                           subject_of<liars::gives_up_what_came_in_time>()));
}

TEST_CASE("liar caught on W9: denies what has come / a late loop reads what came",
          "[contract][liar]") {
  require_caught("W9",
                 w9_a_late_loop_reads_what_came_in_time(subject_of<liars::denies_what_has_come>()));
}

TEST_CASE("liar caught on W9: drops bytes at the deadline / bytes that race are read once",
          "[contract][liar]") {
  require_caught("W9", w9_bytes_that_race_the_deadline_are_read_once(
                           subject_of<liars::drops_bytes_at_the_deadline>()));
}

TEST_CASE("liar caught on W9: takes cancel for the deadline / cancel and stop end a read",
          "[contract][liar]") {
  require_caught("W9", w9_cancel_and_stop_end_a_read_before_its_deadline(
                           subject_of<liars::takes_cancel_for_the_deadline>()));
}

}  // namespace
}  // namespace skein::contract
