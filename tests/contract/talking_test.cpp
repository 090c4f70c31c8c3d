// Clauses S7, W4 to W8, W10 and W11, for every runtime whose tasks can wait for each other, and
// against the liars that break them. What each check does is in check_talking.hpp,
// check_offload.hpp and check_shared.hpp; who lies, and how, in liars/.
#include "tests/contract/liars/talking.hpp"

#include "tests/contract/check_offload.hpp"
#include "tests/contract/check_shared.hpp"
#include "tests/contract/check_talking.hpp"
#include "tests/contract/every_runtime.hpp"
#include "tests/contract/liars/offload.hpp"
#include "tests/contract/liars/shared.hpp"
#include "tests/contract/stress_talking.hpp"
#include "tests/contract/subject_of.hpp"

namespace skein::contract {
namespace {

using check = verdict (*)(const subject&);

template <class Runtime>
void require_kept_by(check kept) {
  const subject& of = subject_named(Runtime::info().id);
  if (of.talks) require_kept(kept(of));
}

SKEIN_FOR_EVERY_RUNTIME("S7: a join waits for every child") {
  require_kept_by<TestType>(&s7_a_join_waits_for_every_child);
}

SKEIN_FOR_EVERY_RUNTIME("W4: one task at a time has the lock") {
  require_kept_by<TestType>(&w4_one_task_at_a_time_has_the_lock);
}

SKEIN_FOR_EVERY_RUNTIME("W4: a lock is handed on in order") {
  require_kept_by<TestType>(&w4_a_lock_is_handed_on_in_order);
}

SKEIN_FOR_EVERY_RUNTIME("W5: no more tasks than permits") {
  require_kept_by<TestType>(&w5_no_more_tasks_than_permits);
}

SKEIN_FOR_EVERY_RUNTIME("W5: an event lets all go on") {
  require_kept_by<TestType>(&w5_an_event_lets_all_go_on);
}

SKEIN_FOR_EVERY_RUNTIME("W6: every value is received once and in order") {
  require_kept_by<TestType>(&w6_every_value_is_received_once_and_in_order);
}

SKEIN_FOR_EVERY_RUNTIME("W6: no more values wait than there is room") {
  require_kept_by<TestType>(&w6_no_more_values_wait_than_there_is_room);
}

SKEIN_FOR_EVERY_RUNTIME("W6: a closed channel ends who waits") {
  require_kept_by<TestType>(&w6_a_closed_channel_ends_who_waits);
}

SKEIN_FOR_EVERY_RUNTIME("W7: a wait that came first leaves no other behind") {
  require_kept_by<TestType>(&w7_a_wait_that_came_first_leaves_no_other_behind);
}

SKEIN_FOR_EVERY_RUNTIME("W7: a wait that was given up takes nothing") {
  require_kept_by<TestType>(&w7_a_wait_that_was_given_up_takes_nothing);
}

SKEIN_FOR_EVERY_RUNTIME("W7: a value that comes at the deadline is not lost") {
  require_kept_by<TestType>(&w7_a_value_that_comes_at_the_deadline_is_not_lost);
}

SKEIN_FOR_EVERY_RUNTIME("W8: stop ends all waits as cancelled") {
  require_kept_by<TestType>(&w8_stop_ends_all_waits_as_cancelled);
}

SKEIN_FOR_EVERY_RUNTIME("W10: work is done once, while others go on") {
  require_kept_by<TestType>(&w10_work_is_done_once_while_others_go_on);
}

SKEIN_FOR_EVERY_RUNTIME("W10: no more work is done at once than the pool has threads") {
  require_kept_by<TestType>(&w10_no_more_work_at_once_than_threads);
}

SKEIN_FOR_EVERY_RUNTIME("W10: stop cancels what has not begun, and finishes what has") {
  require_kept_by<TestType>(&w10_stop_cancels_what_has_not_begun);
}

SKEIN_FOR_EVERY_RUNTIME("W11: an event that another thread sets is not lost") {
  require_kept_by<TestType>(&w11_an_event_that_another_thread_sets_is_not_lost);
}

SKEIN_FOR_EVERY_RUNTIME("W11: an event that another thread sets lets all go on") {
  require_kept_by<TestType>(&w11_it_lets_all_go_on_and_stays_set);
}

SKEIN_FOR_EVERY_RUNTIME("S7 and W4 to W7: tasks that talk in any order keep them all") {
  const subject& of = subject_named(TestType::info().id);
  if (!of.talks) return;
  for (std::uint32_t seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    require_kept(talking_in_any_order(of, seed, of.single_threaded ? 60 : 20));
  }
}

/// Ten minutes, of all runtimes in turn: by hand, `contract_tests "[stress-talking]"`.
TEST_CASE("tasks that talk in any order keep their clauses for ten minutes",
          "[.][stress-talking]") {
  const time_ns until_ns = test::from_now(600 * ns_per_s);
  std::uint32_t seed = 0;
  std::size_t runs = 0;
  while (monotonic_clock::now_ns() < until_ns) {
    ++seed;
    interface_runtimes::for_each([&]<class S>() {
      if constexpr (sync_scheduler<S>) {
        const subject& of = subject_of<S>();
        INFO(S::info().id << ", seed " << seed);
        require_kept(talking_in_any_order(of, seed, of.single_threaded ? 200 : 50));
        ++runs;
      }
    });
  }
  WARN(runs << " runs, seeds 1 to " << seed);
}

TEST_CASE("liar caught on S7: joins before the end / a join waits for every child",
          "[contract][liar]") {
  require_caught("S7", s7_a_join_waits_for_every_child(subject_of<liars::joins_before_the_end>()));
}

TEST_CASE("liar caught on S7: forgets children / a join waits for every child",
          "[contract][liar]") {
  require_caught("S7", s7_a_join_waits_for_every_child(subject_of<liars::forgets_children>()));
}

TEST_CASE("liar caught on W4: locks for two / one task at a time has the lock",
          "[contract][liar]") {
  require_caught("W4", w4_one_task_at_a_time_has_the_lock(subject_of<liars::locks_for_two>()));
}

TEST_CASE("liar caught on W4: lets two in / one task at a time has the lock", "[contract][liar]") {
  require_caught("W4", w4_one_task_at_a_time_has_the_lock(subject_of<liars::lets_two_in>()));
}

TEST_CASE("liar caught on W4: loses a handover / one task at a time has the lock",
          "[contract][liar]") {
  require_caught("W4", w4_one_task_at_a_time_has_the_lock(subject_of<liars::loses_a_handover>()));
}

TEST_CASE("liar caught on W4: hands to the last / a lock is handed on in order",
          "[contract][liar]") {
  require_caught("W4", w4_a_lock_is_handed_on_in_order(subject_of<liars::hands_to_the_last>()));
}

TEST_CASE("liar caught on W5: has a permit more / no more tasks than permits", "[contract][liar]") {
  require_caught("W5", w5_no_more_tasks_than_permits(subject_of<liars::has_a_permit_more>()));
}

TEST_CASE("liar caught on W5: wakes one only / an event lets all go on", "[contract][liar]") {
  require_caught("W5", w5_an_event_lets_all_go_on(subject_of<liars::wakes_one_only>()));
}

TEST_CASE("liar caught on W6: delivers twice / every value is received once", "[contract][liar]") {
  require_caught("W6",
                 w6_every_value_is_received_once_and_in_order(subject_of<liars::delivers_twice>()));
}

TEST_CASE("liar caught on W6: loses values / every value is received once", "[contract][liar]") {
  require_caught("W6",
                 w6_every_value_is_received_once_and_in_order(subject_of<liars::loses_values>()));
}

TEST_CASE("liar caught on W6: has more room / no more values wait than there is room",
          "[contract][liar]") {
  require_caught("W6",
                 w6_no_more_values_wait_than_there_is_room(subject_of<liars::has_more_room>()));
}

TEST_CASE("liar caught on W6: drops at close / a closed channel ends who waits",
          "[contract][liar]") {
  require_caught("W6", w6_a_closed_channel_ends_who_waits(subject_of<liars::drops_at_close>()));
}

TEST_CASE("liar caught on W7: leaves a receiver behind / a wait that was given up takes nothing",
          "[contract][liar]") {
  require_caught("W7", w7_a_wait_that_was_given_up_takes_nothing(
                           subject_of<liars::leaves_a_receiver_behind>()));
}

TEST_CASE("liar caught on W7: forgets what was granted / a value at the deadline is not lost",
          "[contract][liar]") {
  require_caught("W7", w7_a_value_that_comes_at_the_deadline_is_not_lost(
                           subject_of<liars::forgets_what_was_granted>()));
}

TEST_CASE("liar caught on W4: locks for two / tasks that talk in any order", "[contract][liar]") {
  require_caught("W4", talking_in_any_order(subject_of<liars::locks_for_two>(), 1, 60));
}

TEST_CASE("liar caught on W8: grants at stop / stop ends all waits as cancelled",
          "[contract][liar]") {
  require_caught("W8", w8_stop_ends_all_waits_as_cancelled(subject_of<liars::grants_at_stop>()));
}

TEST_CASE("liar caught on W10: works on the loop / work is done once, while others go on",
          "[contract][liar]") {
  require_caught("W10",
                 w10_work_is_done_once_while_others_go_on(subject_of<liars::works_on_the_loop>()));
}

TEST_CASE("liar caught on W10: forgets work / work is done once, while others go on",
          "[contract][liar]") {
  require_caught("W10",
                 w10_work_is_done_once_while_others_go_on(subject_of<liars::forgets_work>()));
}

TEST_CASE("liar caught on W10: has a thread more / no more work at once than threads",
          "[contract][liar]") {
  require_caught("W10",
                 w10_no_more_work_at_once_than_threads(subject_of<liars::has_a_thread_more>()));
}

TEST_CASE("liar caught on W10: says that cancelled work was done / stop cancels what has not begun",
          "[contract][liar]") {
  require_caught("W10", w10_stop_cancels_what_has_not_begun(subject_of<liars::says_it_was_done>()));
}

TEST_CASE("liar caught on W11: loses a set / an event that another thread sets is not lost",
          "[contract][liar]") {
  require_caught(
      "W11", w11_an_event_that_another_thread_sets_is_not_lost(subject_of<liars::loses_a_set>()));
}

TEST_CASE("liar caught on W11: forgets an early set / an event that another thread sets",
          "[contract][liar]") {
  require_caught("W11", w11_an_event_that_another_thread_sets_is_not_lost(
                            subject_of<liars::forgets_an_early_set>()));
}

TEST_CASE("liar caught on W11: wakes one of all / it lets all go on and stays set",
          "[contract][liar]") {
  require_caught("W11", w11_it_lets_all_go_on_and_stays_set(subject_of<liars::wakes_one_of_all>()));
}

}  // namespace
}  // namespace skein::contract
