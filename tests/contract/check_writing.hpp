// Clauses C2 and C4 in the states that a write can find: of nothing, with room and without, beside
// a pending read, with a peer that has finished, and with one that goes.
//
// Clients are plain blocking sockets: opened and fed beforehand where their bytes fit into the
// kernel, on a thread of their own where they must talk while the runtime runs.
#pragma once

#include "tests/contract/subject.hpp"
#include "tests/contract/verdict.hpp"

namespace skein::contract {

/// A write that the kernel cannot take at once is complete when it returns true, and its bytes are
/// the caller's again.
verdict c2_a_large_write_to_a_slow_reader_is_complete(const subject& of);

/// So is one that it takes at once; and a write of nothing is complete, and sends nothing.
verdict c2_small_and_empty_writes_are_complete(const subject& of);

/// Writing to a peer that is gone fails, and reading reports the end then.
verdict c2_a_write_to_nobody_fails(const subject& of);

/// A pending write fails when its peer resets, and a read that is pending beside it ends, too.
verdict c2_a_reset_ends_a_pending_write(const subject& of);

/// A peer that has finished sending is written to as before, to the last byte, though a read has
/// seen the end meanwhile.
verdict c2_a_pending_write_goes_on_behind_the_peers_end(const subject& of);

/// One read and one write of a connection may be pending at once, by two tasks.
verdict c4_a_read_and_a_write_are_pending_together(const subject& of);

/// A read that is pending when a write begins gets the bytes that come during the write, of
/// whatever size that is.
verdict c4_bytes_that_come_during_a_write_are_read(const subject& of);

}  // namespace skein::contract
