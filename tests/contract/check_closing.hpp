// Clause C1 where a connection ends: what was handed to the kernel reaches the peer, and then the
// end, whoever closes first.
//
// The peers are slow: their receive buffers are small, and they begin to read when the connection
// is closed already, so that most of what was written is with the server's kernel by then.
#pragma once

#include "tests/contract/subject.hpp"
#include "tests/contract/verdict.hpp"

namespace skein::contract {

/// Writes of all sizes, each followed by close at once: to peers that have finished sending, and to
/// peers that never sent anything.
verdict c1_written_bytes_arrive_though_the_connection_is_closed(const subject& of);

/// A write that was done, and then cancel and close.
verdict c1_written_bytes_arrive_though_the_connection_is_cancelled(const subject& of);

/// A write that was done, and then stop, close, and the end of the scheduler.
verdict c1_written_bytes_arrive_though_the_scheduler_is_gone(const subject& of);

/// With input unread the peer may be reset: it sees a part of the stream, and an end.
verdict c1_a_close_with_unread_input_ends_the_stream(const subject& of);

}  // namespace skein::contract
