#include "runtimes/libuv/connection.hpp"

#include <cassert>
#include <cerrno>
#include <cstring>
#include <new>

#include "runtimes/socket.hpp"

namespace skein::libuv {

/// The bytes that the kernel did not take, copied, and libuv's request for them: one allocation.
struct connection::unsent_tail {
  uv_write_t request{};

  static unsent_tail* make(bytes rest) {
    void* place = ::operator new(sizeof(unsent_tail) + rest.size());
    auto* made = ::new (place) unsent_tail;
    std::memcpy(made + 1, rest.data(), rest.size());
    return made;
  }
  char* data() noexcept { return reinterpret_cast<char*>(this + 1); }
  static void free(unsent_tail* tail) noexcept { ::operator delete(tail); }
};

connection* connection::accept(loop& on, uv_stream_t* from, int& status) {
  const scheduler_options& options = on.options();
  const std::size_t own_bytes = options.buffer == buffer_policy::own ? options.buffer_bytes : 0;
  void* place = ::operator new(sizeof(connection) + own_bytes);
  auto* made = ::new (place) connection;
  ::uv_tcp_init(on.uv(), &made->handle_);
  on.connection_opened();
  status = ::uv_accept(from, made->stream());
  if (status >= 0) return made;
  made->close();
  return nullptr;
}

// --- receive --------------------------------------------------------------------------------

void connection::receive(handler<bytes> on_chunk) noexcept {
  assert(!receiving_ && "one receive at a time on a connection (C4)");
  assert(!closed_);
  on_chunk_ = on_chunk.call;
  handle_.data = on_chunk.object;
  receiving_ = true;
  if (error_ != 0) return deliver_later();
  if (!on_written_) start_reading();
}

void connection::start_reading() noexcept {
  const int status = ::uv_read_start(stream(), &on_buffer_wanted, &on_read);
  if (status < 0) fail(-status);
}

void connection::on_buffer_wanted(uv_handle_t* handle, std::size_t, uv_buf_t* lent) noexcept {
  connection& self = of(handle);
  *lent = ::uv_buf_init(reinterpret_cast<char*>(self.buffer()),
                        static_cast<unsigned>(self.home().options().buffer_bytes));
}

void connection::on_read(uv_stream_t* stream, ssize_t count, const uv_buf_t* filled) noexcept {
  connection& self = of(reinterpret_cast<uv_handle_t*>(stream));
  self.home().refill_inline();
  if (count > 0) {
    const auto* data = reinterpret_cast<const std::byte*>(filled->base);
    self.on_chunk_(self.handle_.data, {data, static_cast<std::size_t>(count)});
  } else if (count < 0) {
    self.end_reading(count == UV_EOF ? 0 : static_cast<int>(-count));
  }
}

/// The loop's next look at its sockets delivers it: they are level-triggered.
bool connection::has_come() const noexcept {
  uv_os_fd_t descriptor = -1;
  return error_ != 0 || (::uv_fileno(base(), &descriptor) == 0 && is_readable(descriptor));
}

void connection::end_reading(int error_number) noexcept {
  ::uv_read_stop(stream());
  if (error_ == 0) error_ = static_cast<std::uint16_t>(error_number);
  receiving_ = false;
  on_chunk_(handle_.data, {});
}

std::byte* connection::buffer() noexcept {
  loop& on = home();
  return on.options().buffer == buffer_policy::own ? reinterpret_cast<std::byte*>(this + 1)
                                                   : on.scratch();
}

// --- write ----------------------------------------------------------------------------------

void connection::write(bytes data, handler<bool> on_written) {
  assert(!on_written_ && "one write at a time on a connection (C4)");
  assert(!closed_);
  if (error_ != 0) return finish_write(false, on_written);
  const char* begin = reinterpret_cast<const char*>(data.data());
  const uv_buf_t whole =
      ::uv_buf_init(const_cast<char*>(begin), static_cast<unsigned>(data.size()));
  int sent = data.empty() ? 0 : ::uv_try_write(stream(), &whole, 1);
  if (sent == UV_EAGAIN) sent = 0;
  if (sent < 0) {
    fail(-sent);
    return finish_write(false, on_written);
  }
  const auto taken = static_cast<std::size_t>(sent);
  if (taken == data.size()) return finish_write(true, on_written);
  queue_tail(data.subspan(taken), on_written);
}

void connection::queue_tail(bytes rest, handler<bool> on_written) {
  unsent_tail* tail = unsent_tail::make(rest);
  tail->request.data = this;
  const uv_buf_t unsent = ::uv_buf_init(tail->data(), static_cast<unsigned>(rest.size()));
  const int status = ::uv_write(&tail->request, stream(), &unsent, 1,
                                [](uv_write_t* request, int result) noexcept {
                                  auto& self = *static_cast<connection*>(request->data);
                                  unsent_tail::free(reinterpret_cast<unsent_tail*>(request));
                                  self.tail_sent(result);
                                });
  if (status < 0) {
    unsent_tail::free(tail);
    fail(-status);
    return finish_write(false, on_written);
  }
  wait_for_write(on_written);
}

/// While a write waits, reading waits too.
void connection::wait_for_write(handler<bool> on_written) noexcept {
  on_written_ = on_written;
  if (receiving_) ::uv_read_stop(stream());
}

/// Allows the next write and resumes reading first, and calls the handler last, because it may
/// close.
void connection::end_write(bool complete) noexcept {
  const handler<bool> on_written = on_written_;
  on_written_ = {};
  write_over_ = false;
  if (receiving_ && error_ == 0) start_reading();
  on_written(complete);
}

/// Called once per queued tail. If the write was cancelled meanwhile, nobody waits for it any more.
void connection::tail_sent(int status) noexcept {
  if (!tail_pending()) return;
  home().refill_inline();
  if (status < 0) fail(-status);
  end_write(status >= 0);
}

/// Ends a write that did not have to wait: inline while the budget lasts, otherwise in the next
/// turn.
void connection::finish_write(bool complete, handler<bool> on_written) {
  if (home().take_inline()) return on_written(complete);
  wait_for_write(on_written);
  write_over_ = true;
  write_complete_ = complete;
  deliver_later();
}

// --- cancel, close --------------------------------------------------------------------------

void connection::cancel() noexcept {
  if (closed_) return;
  if (error_ == 0) error_ = ECANCELED;
  if (tail_pending()) {
    write_over_ = true;
    write_complete_ = false;
  }
  if (receiving_) ::uv_read_stop(stream());
  if (receiving_ || write_over_) deliver_later();
}

/// A write or a start failed: the receive handler gets its end in the next turn.
void connection::fail(int error_number) noexcept {
  if (error_ == 0) error_ = static_cast<std::uint16_t>(error_number);
  if (!receiving_) return;
  ::uv_read_stop(stream());
  deliver_later();
}

void connection::deliver_later() noexcept {
  if (delivery_queued_) return;
  delivery_queued_ = true;
  home().later(turn_queue::step::to<&connection::deliver>(this));
}

/// Delivers completions that arose outside a call from libuv. The write's handler runs first, so a
/// session that closes at the end of its stream has no write pending.
void connection::deliver() noexcept {
  delivery_queued_ = false;
  if (handle_gone_) return destroy();
  home().refill_inline();
  if (write_over_) end_write(write_complete_);
  if (receiving_ && error_ != 0) end_reading(error_);
}

void connection::close() noexcept {
  assert(!closed_ && "a connection is closed once (C6)");
  assert(!on_written_ && "no write is pending when a connection is closed (C6)");
  closed_ = true;
  receiving_ = false;
  home().closing();
  ::uv_close(reinterpret_cast<uv_handle_t*>(&handle_), &on_closed);
}

void connection::on_closed(uv_handle_t* handle) noexcept {
  connection& self = of(handle);
  loop& on = self.home();
  self.handle_gone_ = true;
  if (!self.delivery_queued_) self.destroy();
  on.connection_closed();
  on.closed();
}

void connection::destroy() noexcept {
  this->~connection();
  ::operator delete(this);
}

}  // namespace skein::libuv
