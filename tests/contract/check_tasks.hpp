// Clauses S1 to S6: tasks are run once and in order, run and stop begin and end what they say.
#pragma once

#include "tests/contract/subject.hpp"
#include "tests/contract/verdict.hpp"

namespace skein::contract {

/// Tasks spawned from outside and by tasks run once each, and none is dropped.
verdict s1_every_task_runs_exactly_once(const subject& of);

/// Single-threaded runtimes start tasks in the order they were spawned, and never inside spawn.
verdict s1_tasks_start_in_order_and_not_inside_spawn(const subject& of);

/// run() returns when no task is left, and not before: tasks that wait, and tasks they spawn,
/// count.
verdict s2_run_returns_when_no_task_is_left(const subject& of);

/// run(inbox) serves the inbox on the owner thread and returns after stop only, tasks or not.
verdict s2_run_with_an_inbox_serves_it_until_stop(const subject& of);

/// stop(), called twice by a task, ends a wait of every kind as cancelled, and later ones at once.
verdict s3_stop_ends_every_wait_as_cancelled(const subject& of);

/// Stopping before run: everything that was spawned still runs, and no wait holds it up.
verdict s3_stop_before_run_cancels_all_waits(const subject& of);

/// In a single-threaded runtime every other task moves on while the caller yields.
verdict s4_yield_lets_every_other_task_run(const subject& of);

/// A task that yields until another one has done something gets to see it, threads or not.
verdict s4_yielding_for_another_task_ends(const subject& of);

/// An exception that leaves a task ends the process. (ThreadSanitizer allows no threads after fork,
/// so sanitizer builds leave this one out.)
verdict s5_an_escaping_exception_terminates(const subject& of);

/// One task more than the machine allows is refused with limit_error; all others run, and it fits
/// once there is room again.
verdict s6_spawn_refuses_what_does_not_fit(const subject& of);

}  // namespace skein::contract
