// What an event loop does for the tasks on it, whatever the kernel's interface is. Its verbs submit
// operations, which are completed by the rules of op.hpp. tests/runtimes/loop_*_test.cpp check
// every loop. Leaves out the order of a turn (loop_base.hpp) and how the kernel is asked.
#pragma once

#include <concepts>
#include <cstddef>
#include <span>

#include "runtimes/loop/connection.hpp"
#include "runtimes/op.hpp"

namespace skein {

/// listen         adopts a listening, non-blocking descriptor.
/// submit_accept  result 0 and target = the connection, or a negated errno. One pending per
///                listener.
/// submit_read    result = bytes, 0 at the end, or a negated errno; the bytes are at
///                data(connection), for as long as buffer_policy says. With op.multishot set it
///                stays submitted and completes for every chunk, but for none while a write of the
///                connection is pending.
/// submit_write   result 0 when all bytes are with the kernel, else a negated errno. Whether the
///                caller's bytes must stay until then, the loop says.
/// submit_sleep   until op.deadline_ns: result 0, or -ECANCELED.
/// has_come       whether bytes, the end or an error have come on a connection, of which the loop
///                may not know yet: a read of it, pending or not, waits for the peer no more.
/// cancel         ends what is pending on a connection or listener, and all that will be.
/// close          closes the descriptor. No operation of the connection may be pending but a
///                multishot read, from whose completion it may be called.
template <class Loop>
concept event_loop = requires(Loop& loop, typename Loop::listener& listener, connection& peer,
                              op& waiter, std::span<const std::byte> bytes) {
  { loop.listen(0) } -> std::same_as<typename Loop::listener&>;
  { loop.submit_accept(listener, waiter) } -> std::same_as<submitted>;
  { loop.submit_read(peer, waiter) } -> std::same_as<submitted>;
  { loop.submit_write(peer, bytes, waiter) } -> std::same_as<submitted>;
  { loop.submit_sleep(waiter) } -> std::same_as<submitted>;
  { loop.data(peer) } noexcept -> std::same_as<const std::byte*>;
  { loop.has_come(peer) } noexcept -> std::same_as<bool>;
  { listener.error() } noexcept -> std::same_as<int>;
  { loop.cancel(peer) } noexcept;
  { loop.cancel(listener) } noexcept;
  { loop.cancel_sleep(waiter) } noexcept;
  { loop.close(peer) } noexcept;
};

}  // namespace skein
