// Clauses T2 and T3 in the states that a cancel of a timer can find: after the sleep, while its
// task waits for something else, at the very moment of the deadline, in another task's hands.
#pragma once

#include "tests/contract/subject.hpp"
#include "tests/contract/verdict.hpp"

namespace skein::contract {

/// Cancelling a timer whose sleep is over, as due or cancelled, does nothing, whatever its task
/// waits for by then.
verdict t2_cancelling_an_ended_sleep_leaves_the_next_wait_alone(const subject& of);

/// Sleeps whose deadline has come, and whose tasks cancel each other's: each ends once, one way or
/// the other, and the sleep after it is nobody's to end.
verdict t2_a_cancel_at_the_deadline_touches_no_later_sleep(const subject& of);

/// The latest deadline there is can be cancelled, and what the canceller did before is seen.
verdict t2_the_latest_deadline_can_be_cancelled(const subject& of);

/// A timer that one task slept on carries another task's sleep.
verdict t3_a_timer_is_used_by_another_task(const subject& of);

}  // namespace skein::contract
