// Clause C5 in the states that a cancel can find: before a wait, with two waits at once, beside
// others' waits; each twice.
#pragma once

#include "tests/contract/subject.hpp"
#include "tests/contract/verdict.hpp"

namespace skein::contract {

/// What is begun after a cancel is cancelled, though bytes, or a client, are there already.
verdict c5_cancel_comes_before_the_wait(const subject& of);

/// A pending read and a pending write of one connection, cancelled twice, end once each.
verdict c5_cancel_ends_a_read_and_a_write_together(const subject& of);

/// A write that was waiting and has got room, between any two of its sends.
verdict c5_cancel_ends_a_write_that_moves(const subject& of);

/// Another connection's read and another listener's accept go on.
verdict c5_cancel_reaches_its_own_object_only(const subject& of);

/// What ended a connection before it was cancelled is what its error goes on saying.
verdict c5_a_cancel_hides_no_earlier_error(const subject& of);

/// Bytes that nobody had read at the cancel stay unread, in a single-threaded runtime.
verdict c5_a_cancelled_read_gets_no_bytes(const subject& of);

}  // namespace skein::contract
