// Clauses C1 and C3: what a read promises about its bytes.
//
// Clients are plain blocking sockets: opened and fed beforehand where their bytes fit into the
// kernel, on a thread of their own where they must talk while the runtime runs.
#pragma once

#include "tests/contract/subject.hpp"
#include "tests/contract/verdict.hpp"

namespace skein::contract {

/// A stream arrives complete, in order and unchanged, and its end is an empty span without error.
verdict c1_bytes_arrive_complete_in_order_unchanged(const subject& of, buffer_policy policy);

/// Bytes and the end of the stream that arrive together are both seen, however little fits a read.
verdict c1_the_end_is_seen_behind_the_last_bytes(const subject& of);

/// Bytes that come while their task does something else are there when it reads again.
verdict c1_bytes_wait_for_a_task_that_is_busy(const subject& of, buffer_policy policy);

/// A reset ends the stream with its errno.
verdict c1_a_reset_is_an_error(const subject& of);

/// Own bytes stay while others read, lent bytes until the task waits.
verdict c3_bytes_are_valid_as_long_as_promised(const subject& of, buffer_policy policy);

}  // namespace skein::contract
