// Clause S3: stop ends every wait, whoever stops, before the run, in it, and at the very moment at
// which waits are over.
#pragma once

#include "tests/contract/subject.hpp"
#include "tests/contract/verdict.hpp"

namespace skein::contract {

enum class stopped_by { a_task, two_tasks, the_inbox };

/// stop(), called twice, ends a wait of every kind as cancelled, and later ones at once.
verdict s3_stop_ends_every_wait_as_cancelled(const subject& of, stopped_by whom);

/// Stopping before run: everything that was spawned still runs, and no wait holds it up.
verdict s3_stop_before_run_cancels_all_waits(const subject& of);

/// Connections that are accepted at the moment of a stop are cancelled as well.
verdict s3_stop_beside_connections_that_arrive(const subject& of);

/// Waits that have just ended, or are about to, when their tasks stop the scheduler, end once each;
/// the waits after them are cancelled.
verdict s3_stop_beside_waits_that_are_just_over(const subject& of);

}  // namespace skein::contract
