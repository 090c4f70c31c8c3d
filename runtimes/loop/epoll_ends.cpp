// How waits on epoll end other than by their event: cancelled, withdrawn, or with their connection.
#include <cassert>
#include <cerrno>
#include <unistd.h>

#include "runtimes/loop/epoll_loop.hpp"
#include "runtimes/socket.hpp"

namespace skein {

void epoll_loop::cancel(connection& target) noexcept {
  if (!target.open()) return;
  if (target.error_number == 0) target.error_number = ECANCELED;
  if (target.has_unsent) drop_unsent(target);
  end_later(target.reader, -ECANCELED);
  end_later(target.writer, -ECANCELED);
}

void epoll_loop::cancel(listener& target) noexcept {
  target.error_number = ECANCELED;
  end_later(target.waiter, -ECANCELED);
}

void epoll_loop::withdraw_accept(listener& from, op& waiter) noexcept {
  if (from.waiter == &waiter) from.waiter = nullptr;
  make_idle(waiter);
}

void epoll_loop::withdraw_read(connection& from, op& waiter) noexcept {
  if (from.reader == &waiter) from.reader = nullptr;
  make_idle(waiter);
}

void epoll_loop::withdraw_write(connection& to, op& waiter) noexcept {
  if (to.writer == &waiter) {
    to.writer = nullptr;
    drop_unsent(to);
  }
  make_idle(waiter);
}

bool epoll_loop::has_come(const connection& of) const noexcept {
  return of.error_number != 0 || is_readable(of.descriptor);
}

void epoll_loop::close(connection& closed) noexcept {
  assert(closed.writer == nullptr && "close with a write pending (C6)");
  // A multishot reader may be the one that closes; its op ends with the connection.
  assert((closed.reader == nullptr || closed.reader->multishot) &&
         "close with a read pending (C6)");
  if (closed.reader != nullptr) end_later(closed.reader, -ECANCELED);
  drop_own_buffer(closed);
  ::close(closed.descriptor);
  connections_.retire(closed);
}

}  // namespace skein
