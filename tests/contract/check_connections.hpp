// Clauses C1 to C8: what read, write, cancel and close promise about a connection.
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

/// cancel(connection) ends its pending read, and later reads and writes.
verdict c5_cancel_ends_a_read(const subject& of);

/// cancel(connection) ends its pending write.
verdict c5_cancel_ends_a_write(const subject& of);

/// cancel(listener) ends accept with null, now and later.
verdict c5_cancel_ends_an_accept(const subject& of);

/// Every connection sees its own bytes and its own end, whoever had the descriptor before.
verdict c6_a_new_connection_sees_nothing_of_an_old_one(const subject& of);

/// Accepted sockets have the options that make_listener gives them.
verdict c7_accepted_sockets_have_the_shared_options(const subject& of);

/// Callback style: the receive handler goes on by itself until the empty chunk, and no further. (In
/// the other styles reads are asked for one by one, and this is C1 once more.)
verdict c8_receive_goes_on_until_the_empty_chunk(const subject& of);

/// Callback style: nothing is delivered after close, though more has arrived.
verdict c8_nothing_is_received_after_close(const subject& of);

}  // namespace skein::contract
