// Clauses C1 to C4: what read and write promise about the bytes of a connection.
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

/// A reset ends the stream with its errno.
verdict c1_a_reset_is_an_error(const subject& of);

/// A write that the kernel cannot take at once is complete when it returns true, and its bytes are
/// the caller's again.
verdict c2_a_large_write_to_a_slow_reader_is_complete(const subject& of);

/// Writing to a peer that is gone fails, and reading reports the end then.
verdict c2_a_write_to_nobody_fails(const subject& of);

/// Own bytes stay while others read, lent bytes until the task waits.
verdict c3_bytes_are_valid_as_long_as_promised(const subject& of, buffer_policy policy);

/// One read and one write of a connection may be pending at once, by two tasks.
verdict c4_a_read_and_a_write_are_pending_together(const subject& of);

}  // namespace skein::contract
