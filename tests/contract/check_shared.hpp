// Clause W11: an event that a thread sets which runs no task of the scheduler.
#pragma once

#include "tests/contract/subject.hpp"
#include "tests/contract/verdict.hpp"

namespace skein::contract {

/// One event after the other, each set before its wait, in the middle of it, or about when the
/// scheduler falls asleep. What the thread wrote before is read after the wait.
verdict w11_an_event_that_another_thread_sets_is_not_lost(const subject& of);

/// Several tasks wait for one, and then once more.
verdict w11_it_lets_all_go_on_and_stays_set(const subject& of);

}  // namespace skein::contract
