// Clauses S1, S2, S5 and S6: tasks are run once and in order, and what does not fit is refused.
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

/// An exception that leaves a task ends the process. (ThreadSanitizer allows no threads after fork,
/// so sanitizer builds leave this one out.)
verdict s5_an_escaping_exception_terminates(const subject& of);

/// As many tasks as the ceiling fit, each one more is refused with limit_error, and is not counted;
/// all others run.
verdict s6_spawn_refuses_what_does_not_fit(const subject& of);

/// At the ceiling one fits for each that ends, spawned by a task.
verdict s6_what_did_not_fit_fits_when_another_has_ended(const subject& of);

}  // namespace skein::contract
