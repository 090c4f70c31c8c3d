// How connections come and go on io_uring: accepting, cancelling, closing. Leaves out their bytes
// (uring_loop.cpp).
#include <cassert>
#include <cerrno>
#include <unistd.h>

#include "runtimes/loop/requests.hpp"
#include "runtimes/loop/uring_loop.hpp"

namespace skein {

namespace {

using requests::kind;
using requests::token;

/// How many connections a listener may accept ahead of its task.
constexpr std::size_t most_arrived = 1024;

}  // namespace

// --- accept ---------------------------------------------------------------------------------

uring_listener& uring_loop::listen(int descriptor) {
  listener& added = listeners_.emplace_back();
  added.descriptor = descriptor;
  added.index = static_cast<std::uint32_t>(listeners_.size() - 1);
  return added;
}

/// Called when a task first wants connections; until then they stay in the kernel's queue.
void uring_loop::begin_accept(listener& from) {
  requests::accept(ring_.next(), from.descriptor, token(kind::accept, from.index, 0));
  from.accepting = true;
}

void uring_loop::on_accepted(listener& from, const io_uring_cqe& completion) {
  if (requests::last_of(completion)) from.accepting = false;
  if (completion.res >= 0 && from.error_number == ECANCELED) {
    ::close(completion.res);
  } else if (completion.res >= 0) {
    from.arrived.push_back(completion.res);
    if (from.accepting && from.arrived.size() == most_arrived) {
      cancel_in_kernel(token(kind::accept, from.index, 0));
    }
  } else if (completion.res != -ECANCELED && completion.res != -ECONNABORTED &&
             completion.res != -EINTR && from.error_number == 0) {
    from.error_number = -completion.res;
  }
  continue_accept(from);
}

submitted uring_loop::submit_accept(listener& from, op& waiter) {
  assert(from.waiter == nullptr && "one accept at a time on a listener");
  waiter.target = &from;
  if (stopping_) from.error_number = ECANCELED;
  if (from.error_number == ECANCELED) return answer(waiter, -ECANCELED);
  const bool ready = !from.arrived.empty() || from.error_number != 0;
  if (ready && take_inline() && try_accept(from, waiter)) return submitted::done;
  from.waiter = &waiter;
  if (ready) {
    defer(waiter, queued_action::retry_accept);
  } else {
    park(waiter);
    if (!from.accepting) begin_accept(from);
  }
  return submitted::pending;
}

/// True if the op has its result: a connection or an error.
bool uring_loop::try_accept(listener& from, op& waiter) {
  if (!from.arrived.empty()) {
    connection& accepted = connections_.open(from.arrived.front());
    assert(accepted.slot <= requests::slot_mask && "a token has room for 16 million connections");
    from.arrived.pop_front();
    provide_own_buffer(accepted);
    waiter.target = &accepted;
    waiter.result = 0;
    return true;
  }
  waiter.result = -from.error_number;
  return from.error_number != 0;
}

void uring_loop::continue_accept(listener& from) {
  op* waiter = from.waiter;
  if (waiter == nullptr || waiter->state == op_state::queued) return;
  if (try_accept(from, *waiter)) return end_now(from.waiter, waiter->result);
  if (!from.accepting) begin_accept(from);
}

// --- cancel, close --------------------------------------------------------------------------

void uring_loop::cancel(connection& target) noexcept {
  if (!target.open()) return;
  if (target.error_number == 0) target.error_number = ECANCELED;
  drop_unread(target);
  cancel_receive(target);
  if (target.sending) cancel_in_kernel(token(kind::send, target));
  end_later(target.reader, -ECANCELED);
  if (target.has_unsent) end_later(target.writer, -ECANCELED);
}

void uring_loop::cancel(listener& target) noexcept {
  target.error_number = ECANCELED;
  if (target.accepting) cancel_in_kernel(token(kind::accept, target.index, 0));
  for (const int arrived : target.arrived) ::close(arrived);
  target.arrived.clear();
  end_later(target.waiter, -ECANCELED);
}

void uring_loop::close(connection& closed) noexcept {
  assert(closed.writer == nullptr && "close with a write pending (C6)");
  assert((closed.reader == nullptr || closed.reader->multishot) &&
         "close with a read pending (C6)");
  if (closed.reader != nullptr) end_later(closed.reader, -ECANCELED);
  drop_unread(closed);
  drop_own_buffer(closed);
  cancel_receive(closed);
  ::close(closed.descriptor);
  connections_.end(closed);
  if (closed.in_flight()) {
    ++leaving_;
  } else {
    connections_.recycle(closed);
  }
}

/// A completion for a closed connection has come; the last one frees its slot.
void uring_loop::leave_slot(connection& closed) noexcept {
  if (closed.in_flight()) return;
  --leaving_;
  connections_.recycle(closed);
}

}  // namespace skein
