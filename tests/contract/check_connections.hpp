// Clauses C5 to C8: what cancel, close, accept and receive promise about a connection.
//
// Clients are plain blocking sockets: opened and fed beforehand where their bytes fit into the
// kernel, on a thread of their own where they must talk while the runtime runs.
#pragma once

#include "tests/contract/subject.hpp"
#include "tests/contract/verdict.hpp"

namespace skein::contract {

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
