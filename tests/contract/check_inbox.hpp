// Clauses S1 to S3, T2 and C5 where it is the inbox that acts: on the owner thread, and between two
// steps of the tasks.
#pragma once

#include "tests/contract/subject.hpp"
#include "tests/contract/verdict.hpp"

namespace skein::contract {

/// A task that the inbox spawns behind a stop, when no other is left, runs before run() returns.
verdict s1_a_task_spawned_at_the_last_moment_runs(const subject& of);

/// The inbox is served as long as its descriptor is readable, though it takes one thing at a time.
verdict s2_the_inbox_is_served_until_drained(const subject& of);

/// Also while tasks are runnable all the time.
verdict s2_the_inbox_is_served_beside_busy_tasks(const subject& of);

/// A scheduler that was stopped is run again, with an inbox that was not there the first time.
verdict s2_run_may_be_called_again_with_another_inbox(const subject& of);

/// cancel(timer) ends a sleep.
verdict t2_the_inbox_cancels_a_sleep(const subject& of);

/// cancel(connection) and cancel(listener) end a read, a write and an accept.
verdict c5_the_inbox_cancels_what_waits(const subject& of);

}  // namespace skein::contract
