#include "runtimes/loop/uring_loop.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <functional>
#include <limits>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "runtimes/errors.hpp"
#include "runtimes/loop/requests.hpp"
#include "runtimes/socket.hpp"

namespace skein {

namespace {

using requests::kind;
using requests::token;

/// Submissions are handed over when this many wait, or with the turn. A small queue stays in the
/// cache.
constexpr unsigned submissions = 256;
/// A full completion queue ends every multishot request, so it is made large.
constexpr unsigned fewest_completions = 4096;

/// How much a peer may send ahead of a task that does not read.
constexpr std::size_t most_unread_bytes = std::size_t{64} * 1024;

/// Other results below 0 mean that the receive must be begun again, or that we cancelled it.
bool is_failure(std::int32_t result) noexcept {
  return result < 0 && result != -ENOBUFS && result != -ECANCELED && result != -EINTR;
}

}  // namespace

std::uint32_t uring_loop::buffers_for(const scheduler_options& options) noexcept {
  return std::clamp(std::bit_ceil(options.events_per_wait), 64U, 32'768U);
}

uring_loop::uring_loop(const scheduler_options& options, std::uint32_t buffers, ring_setup setup)
    : loop_base(options),
      ring_(submissions, std::max(fewest_completions, 4 * options.events_per_wait), setup),
      buffers_(ring_, buffers, options.buffer_bytes) {}

uring_loop::~uring_loop() {
  for (std::uint32_t slot = 0; slot < connections_.slots(); ++slot) {
    connection& left = connections_.at(slot);
    if (!left.open()) continue;
    assert(left.reader == nullptr && left.writer == nullptr && "an operation outlived its loop");
    ::close(left.descriptor);
  }
  for (const listener& left : listeners_) {
    for (const int arrived : left.arrived) ::close(arrived);
    ::close(left.descriptor);
  }
}

// --- a turn ---------------------------------------------------------------------------------

void uring_loop::watch(inbox* messages) {
  ring_.register_descriptor();
  inbox_ = messages;
  ++inboxes_;
  if (messages != nullptr) poll_inbox();
}

void uring_loop::poll_inbox() {
  requests::poll(ring_.next(), inbox_->descriptor(), token(kind::inbox, 0, inboxes_));
  inbox_polled_ = true;
}

/// When run returns, the kernel has let go of every closed connection, and the inbox is no longer
/// polled.
void uring_loop::unwatch(inbox*) {
  if (inbox_polled_) cancel_in_kernel(token(kind::inbox, 0, inboxes_));
  inbox_ = nullptr;
  while (leaving_ > 0 || inbox_polled_) {
    ring_.enter(!ring_.has_completions());
    io_uring_cqe completion{};
    while (ring_.take(completion)) dispatch(completion);
  }
  ring_.unregister_descriptor();
}

void uring_loop::wait_and_dispatch() {
  ran_since_look_ = 0;
  const bool block = run_queue_.empty() && !ring_.has_completions();
  if (block) {
    ring_.enter(true, timers_.next_event_ns());
  } else if (ring_.wants_kernel()) {
    ring_.enter(false);
  }
  io_uring_cqe completion{};
  for (std::uint32_t i = 0; i < options_.events_per_wait && ring_.take(completion); ++i) {
    dispatch(completion);
  }
}

void uring_loop::dispatch(const io_uring_cqe& completion) {
  refill_inline();
  const kind what = requests::kind_of(completion.user_data);
  const std::uint32_t slot = requests::slot_of(completion.user_data);
  const std::uint32_t generation = requests::generation_of(completion.user_data);
  switch (what) {
    case kind::nothing:  // a cancel request: its target was over already
      return;
    case kind::accept:
      return on_accepted(listeners_[slot], completion);
    case kind::inbox:
      if (generation != inboxes_) return;
      inbox_polled_ = false;
      if (inbox_ == nullptr) return;
      return on_inbox(completion.res);
    case kind::receive:
    case kind::send:
      break;
  }
  connection& whose = connections_.at(slot);
  if (whose.generation != generation) return give_back_buffer(completion);
  if (what == kind::receive) {
    on_received(whose, completion);
  } else {
    on_sent(whose, completion);
  }
}

/// A poll that failed would fail again at once, forever, so it ends the run.
void uring_loop::on_inbox(std::int32_t result) {
  if (result < 0 && result != -ECANCELED) {
    throw std::system_error(-result, std::generic_category(), "polling the inbox");
  }
  if (result > 0) inbox_->on_readable();
  poll_inbox();  // asks anew whether it is readable, so the inbox is level-triggered
}

void uring_loop::give_back_buffer(const io_uring_cqe& completion) noexcept {
  if (!requests::has_buffer(completion)) return;
  buffers_.took();
  buffers_.give_back(requests::buffer_of(completion));
}

void uring_loop::cancel_in_kernel(std::uint64_t whose) {
  requests::cancel(ring_.next(), whose);
}

// --- read -----------------------------------------------------------------------------------

submitted uring_loop::submit_read(connection& from, op& waiter) {
  assert(from.reader == nullptr && "one read at a time on a connection (C4)");
  waiter.target = &from;
  if (from.error_number != 0) {
    waiter.more = false;
    return answer(waiter, -from.error_number);
  }
  const bool ready = from.has_unread || from.ending || found_reset(from);
  if (ready && !waiter.multishot && take_inline() && try_read(from, waiter)) {
    return submitted::done;
  }
  from.reader = &waiter;
  if (ready) {
    defer(waiter, queued_action::retry_read);
  } else {
    park(waiter);
    if (!from.receiving) begin_receive(from);
  }
  return submitted::pending;
}

void uring_loop::begin_receive(connection& from) {
  requests::receive(ring_.next(), from);
  from.receiving = true;
  from.ending_receive = false;
  ++receives_begun_;
}

void uring_loop::cancel_receive(connection& from) {
  if (!from.receiving || from.ending_receive) return;
  cancel_in_kernel(token(kind::receive, from));
  from.ending_receive = true;
}

void uring_loop::on_received(connection& from, const io_uring_cqe& completion) {
  if (requests::last_of(completion)) from.receiving = false;
  if (completion.res > 0 && from.open() && from.error_number == 0) {
    buffers_.took();
    from.unproven = (completion.flags & IORING_CQE_F_SOCK_NONEMPTY) == 0;
    return take_chunk(from, requests::buffer_of(completion),
                      static_cast<std::size_t>(completion.res));
  }
  give_back_buffer(completion);
  if (!from.open()) return leave_slot(from);
  if (completion.res == 0) {
    from.ending = true;
  } else if (is_failure(completion.res) && from.error_number == 0) {
    drop_unread(from);
    from.error_number = static_cast<std::uint16_t>(-completion.res);
  }
  if (!from.receiving) continue_read(from);
}

/// Whether the connection was reset before its last bytes were received; error_number says so then.
bool uring_loop::found_reset(connection& from) noexcept {
  if (!from.unproven || from.sending) return false;
  from.unproven = false;
  std::byte next{};
  const ssize_t count = ::recv(from.descriptor, &next, sizeof next, MSG_PEEK | MSG_DONTWAIT);
  if (count >= 0 || errno == EAGAIN || errno == EINTR) return false;
  from.error_number = static_cast<std::uint16_t>(errno);
  return true;
}

/// To the reader, if one waits; else kept for the next read.
void uring_loop::take_chunk(connection& from, std::uint16_t buffer, std::size_t size_bytes) {
  op* const waiter = from.reader;
  const bool held_back = waiter != nullptr && waiter->multishot && from.writer != nullptr;
  if (waiter != nullptr && waiter->state == op_state::waiting && !held_back) {
    assert(!from.has_unread && "a reader waits only for bytes that are not there");
    return hand_over_chunk(from, *waiter, buffer, size_bytes);
  }
  keep_unread(from, {buffers_.at(buffer), size_bytes});
  buffers_.give_back(buffer);
}

void uring_loop::hand_over_chunk(connection& from, op& waiter, std::uint16_t buffer,
                                 std::size_t size_bytes) {
  data_ = buffers_.at(buffer);
  if (options_.buffer == buffer_policy::own) {
    std::memcpy(buffer_of(from), data_, size_bytes);
    data_ = buffer_of(from);
    buffers_.give_back(buffer);
  } else {
    lent_ = buffer;
  }
  waiter.result = static_cast<std::int32_t>(size_bytes);
  finish_read(from, waiter);
  // Still lent, so no send took it over. The task now waits for something else, or is gone.
  if (lent_ != buffer_ring::none) buffers_.give_back(std::exchange(lent_, buffer_ring::none));
}

/// The op has its result: completes it, or delivers a chunk of a multishot read.
void uring_loop::finish_read(connection& from, op& waiter) {
  if (!waiter.multishot || waiter.result <= 0) {
    waiter.more = false;
    return end_now(from.reader, waiter.result);
  }
  if (!deliver_chunk(from, waiter)) return;
  const bool again = from.has_unread || !from.receiving || found_reset(from);
  if (again) defer(waiter, queued_action::retry_read);
}

/// True if the op has its result. False: nothing has come.
bool uring_loop::try_read(connection& from, op& waiter) {
  if (from.has_unread) {
    waiter.result = take_unread(from);
  } else if (from.error_number != 0) {
    waiter.result = -from.error_number;
  } else if (from.ending) {
    waiter.result = 0;
  } else {
    return false;
  }
  return true;
}

void uring_loop::continue_read(connection& from) {
  op* waiter = from.reader;
  if (waiter == nullptr || waiter->state == op_state::queued) return;
  if (waiter->multishot && from.writer != nullptr) return;  // goes on when the write is over
  if (try_read(from, *waiter) || (found_reset(from) && try_read(from, *waiter))) {
    return finish_read(from, *waiter);
  }
  if (!from.receiving) begin_receive(from);
}

void uring_loop::keep_unread(connection& from, std::span<const std::byte> chunk) {
  from.has_unread = true;
  if (unread_.keep(from.slot, chunk) > most_unread_bytes) cancel_receive(from);
}

/// Copies as much as one read may return into the buffer that reads return.
std::int32_t uring_loop::take_unread(connection& from) {
  data_ = buffer_of(from);
  const auto [size_bytes, all] = unread_.take(from.slot, {buffer_of(from), options_.buffer_bytes});
  from.has_unread = !all;
  return static_cast<std::int32_t>(size_bytes);
}

/// Bytes leave the socket for a completion, so the socket is asked first. (Where the completion
/// queue has overflowed some of them are not seen; the queue is four times as long as a batch.)
bool uring_loop::has_come(const connection& of) const noexcept {
  const bool is_known = of.has_unread || of.ending || of.error_number != 0;
  if (is_known || is_readable(of.descriptor)) return true;
  const std::uint64_t received = token(kind::receive, of);
  for (std::uint32_t i = 0; i < ring_.completions(); ++i) {
    const io_uring_cqe& next = ring_.completion(i);
    const bool ends_a_read = next.res >= 0 || is_failure(next.res);
    if (next.user_data == received && ends_a_read) return true;
  }
  return false;
}

void uring_loop::drop_unread(connection& from) noexcept {
  if (from.has_unread) unread_.drop(from.slot);
  from.has_unread = false;
}

// --- write ----------------------------------------------------------------------------------

submitted uring_loop::submit_write(connection& to, std::span<const std::byte> data, op& waiter) {
  assert(to.writer == nullptr && "one write at a time on a connection (C4)");
  waiter.target = &to;
  assert(data.size() <= std::numeric_limits<std::int32_t>::max() && "2 GiB at once");
  if (to.error_number != 0) return answer(waiter, -to.error_number);
  const std::span<const std::byte> outgoing = stable(to, data, waiter);
  requests::send(ring_.next(), to, outgoing);
  to.sending = true;
  to.writer = &waiter;
  waiter.result = static_cast<std::int32_t>(outgoing.size());
  park(waiter);
  return submitted::pending;
}

/// Returns bytes that stay unchanged until the send completes.
///  - The caller's own bytes do, because its write is pending that long.
///  - A ring buffer that was lent to the caller becomes the write's (op.kept), unless few are left.
///  - Other memory of the loop is copied, and so is a ring buffer when few are left.
std::span<const std::byte> uring_loop::stable(connection& to, std::span<const std::byte> data,
                                              op& waiter) {
  const std::uint16_t buffer = buffers_.holding(data.data());
  waiter.kept = buffer_ring::none;
  const bool scarce = buffers_.out() > buffers_.count() / 4 * 3;
  if (buffer != buffer_ring::none && buffer == lent_ && !scarce) {
    waiter.kept = buffer;
    lent_ = buffer_ring::none;
    return data;
  }
  const std::less<const std::byte*> below;
  const bool in_scratch = !below(data.data(), scratch_.get()) &&
                          below(data.data(), scratch_.get() + options_.buffer_bytes);
  if (buffer == buffer_ring::none && !in_scratch) return data;
  unsent_tail& copy = unsent_[to.slot];
  copy.data.assign(data.begin(), data.end());
  to.has_unsent = true;
  return copy.data;
}

void uring_loop::on_sent(connection& to, const io_uring_cqe& completion) {
  to.sending = false;
  if (to.has_unsent) unsent_.erase(to.slot);
  to.has_unsent = false;
  if (!to.open()) return leave_slot(to);
  op* const waiter = to.writer;
  if (waiter == nullptr) return;  // it was cancelled, and its bytes were a copy
  if (waiter->kept != buffer_ring::none) {
    buffers_.give_back(static_cast<std::uint16_t>(waiter->kept));
  }
  if (to.error_number == 0 && completion.res != waiter->result) {
    // A short result: the send failed after it had sent some bytes, and the kernel does not say
    // with which error.
    to.error_number = static_cast<std::uint16_t>(completion.res < 0 ? -completion.res : EPIPE);
    drop_unread(to);
  }
  to.unproven = false;
  const std::uint32_t generation = to.generation;
  end_now(to.writer, -to.error_number);
  const bool same = to.open() && to.generation == generation;
  if (!same || to.writer != nullptr) return;
  if (to.has_unread || !to.receiving || to.error_number != 0) resume_reading(to);
}

template class loop_base<uring_loop, uring_listener>;

}  // namespace skein
