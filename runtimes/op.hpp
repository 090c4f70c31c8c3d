// The operation: what a task leaves with an event loop while it waits.
//
// Style-neutral and intrusive. The waiter owns the storage (a coroutine's promise, a fiber's
// control block, a session object, a future), so waiting allocates nothing. One op per task is
// enough where a task waits for one thing at a time; a future of several has one for each. Leaves
// out how a waiter is woken: all that a loop knows of it is `complete`.
//
// The rules that every loop and every waiter keep (the contract suite tests them):
//   O1 submit answers `done` (finished inline; `complete` will not be called) or `pending`
//      (`complete` will be called exactly once, later, on the loop's thread).
//   O2 The op's memory stays where it is from `pending` until its completion.
//   O3 cancel only requests: the completion still arrives, carrying -ECANCELED or, when the event
//      came first, its ordinary result.
//   O4 A multishot op completes many times: `more` is true on all but the last, and O2 holds until
//      the last.
//      A waiter that goes away may instead withdraw the op, where its loop can: it is idle at once,
//      and no completion follows.
//   O5 No more than `inline_budget` operations in a row finish inline. The next one is answered
//      `pending` and completed through the run queue, so that one busy task cannot starve others.
// Readiness loops (epoll) and completion loops (io_uring) share these rules. They are those of the
// completion model, the only ones that are right for both.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtimes/clock.hpp"

namespace skein {

enum class submitted : bool { done, pending };

/// Where an op is.
///   idle     in no list; its owner has it
///   waiting  at a connection, at a listener or in the timers
///   queued   in the run queue, in no other list
enum class op_state : std::uint8_t { idle, waiting, queued };

/// What the loop must do when it takes the op from its run queue; with `report_readable`, when
/// bytes come for an op that waits.
enum class queued_action : std::uint8_t { complete, retry_read, retry_accept, report_readable };

struct op {
  using complete_fn = void (*)(op&) noexcept;

  op() = default;
  explicit op(complete_fn on_complete) noexcept : complete(on_complete) {}
  op(const op&) = delete;
  op& operator=(const op&) = delete;

  /// Runs on the loop's thread, once per completion. May submit this op again.
  complete_fn complete = nullptr;

  /// Links of the one list the op is in: the run queue or a slot of the timer wheel. `link` is the
  /// address of the pointer that points here, so unlinking needs no list head. In a timer heap,
  /// `place` is the op's index there.
  op* next = nullptr;
  union {
    op** link = nullptr;
    std::uintptr_t kept;  ///< in no list: for the loop that it waits in
    std::size_t place;    ///< in a timer heap: its index there
  };

  union {
    time_ns deadline_ns = 0;  ///< sleep: absolute, CLOCK_MONOTONIC
    void* target;             ///< read, write: the connection; accept: listener, then connection
  };

  /// Bytes moved, or 0, or a negated errno. 0 from a read is end of stream.
  std::int32_t result = 0;

  op_state state = op_state::idle;
  queued_action action = queued_action::complete;
  bool multishot = false;
  bool more = false;  ///< multishot: further completions will follow this one
};

static_assert(sizeof(op) == 40, "an op is part of every waiting task: its size is a result");

}  // namespace skein
