// Clauses T1 to T3: sleeps are never early, can be cancelled once, and timers are used again.
#pragma once

#include "tests/contract/subject.hpp"
#include "tests/contract/verdict.hpp"

namespace skein::contract {

/// Sleeps of all lengths, with and without a timer, end as due and not before their deadlines.
verdict t1_no_sleep_is_early(const subject& of);

/// A deadline in the past is due, however far in the past.
verdict t1_a_past_deadline_is_due(const subject& of);

/// Cancelling ends the sleep as cancelled. Cancelling again, or before, touches no other sleep.
verdict t2_cancel_ends_one_sleep_as_cancelled(const subject& of);

/// Of many timers due at the same time every second one is cancelled, and the others are not; then
/// they are.
verdict t2_cancel_reaches_its_own_timer_only(const subject& of);

/// A timer carries any number of waits, one after the other, cancelled ones among them.
verdict t3_a_timer_is_used_again(const subject& of);

}  // namespace skein::contract
