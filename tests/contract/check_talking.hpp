// Clauses S7 and W4 to W8: tasks that wait for each other.
#pragma once

#include "tests/contract/subject.hpp"
#include "tests/contract/verdict.hpp"

namespace skein::contract {

/// Children that yield, sleep or end at once have all ended when their parent's join does.
verdict s7_a_join_waits_for_every_child(const subject& of);

/// Many tasks take the lock in turns, and let others run while they have it.
verdict w4_one_task_at_a_time_has_the_lock(const subject& of);

/// Whoever waited longest has it next, and who unlocks and asks again comes last. In a
/// single-threaded runtime.
verdict w4_a_lock_is_handed_on_in_order(const subject& of);

verdict w5_no_more_tasks_than_permits(const subject& of);
verdict w5_an_event_lets_all_go_on(const subject& of);

/// Several senders and receivers, with room for 0, 1 and 16 values.
verdict w6_every_value_is_received_once_and_in_order(const subject& of);
verdict w6_no_more_values_wait_than_there_is_room(const subject& of);
verdict w6_a_closed_channel_ends_who_waits(const subject& of);

verdict w7_a_wait_that_came_first_leaves_no_other_behind(const subject& of);
verdict w7_a_wait_that_was_given_up_takes_nothing(const subject& of);
verdict w7_a_value_that_comes_at_the_deadline_is_not_lost(const subject& of);

verdict w8_stop_ends_all_waits_as_cancelled(const subject& of);

}  // namespace skein::contract
