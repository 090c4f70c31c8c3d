// Clause S4: tasks take turns.
#pragma once

#include "tests/contract/subject.hpp"
#include "tests/contract/verdict.hpp"

namespace skein::contract {

/// In a single-threaded runtime every other task moves on while the caller yields.
verdict s4_yield_lets_every_other_task_run(const subject& of);

/// What a task has just made runnable, by a spawn, a cancelled sleep and a cancelled read, runs
/// within its next yield, in a single-threaded runtime.
verdict s4_a_yield_lets_run_what_was_just_made_runnable(const subject& of);

/// A task that yields until another one has done something gets to see it, threads or not.
verdict s4_yielding_for_another_task_ends(const subject& of);

}  // namespace skein::contract
