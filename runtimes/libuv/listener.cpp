#include "runtimes/libuv/listener.hpp"

#include <cassert>
#include <cerrno>

#include "runtimes/socket.hpp"

namespace skein::libuv {

listener::listener(loop& on) noexcept {
  ::uv_tcp_init(on.uv(), &handle_);
  handle_.data = this;
}

void listener::open(int descriptor) {
  check_uv(::uv_tcp_open(&handle_, descriptor), "uv_tcp_open");
}

/// libuv starts to take connections here and not in listen(). Until then they stay in the kernel's
/// queue.
void listener::accept(handler<connection*> on_connection) noexcept {
  assert(!on_connection_ && "one accept at a time on a listener");
  on_connection_ = on_connection;
  if (error_ != 0) return deliver_later();
  const int status =
      ::uv_listen(reinterpret_cast<uv_stream_t*>(&handle_), listen_backlog(), &on_arrival);
  if (status >= 0) return;
  error_ = -status;
  deliver_later();
}

void listener::on_arrival(uv_stream_t* stream, int status) noexcept {
  listener& self = *static_cast<listener*>(stream->data);
  loop& on = loop::of(self.handle_);
  on.refill_inline();
  if (self.closed_) return;
  connection* accepted = status < 0 ? nullptr : connection::accept(on, stream, status);
  if (accepted != nullptr) return self.on_connection_(accepted);
  self.error_ = -status;
  self.close();
  self.deliver_later();
}

void listener::cancel() noexcept {
  if (error_ != 0) return;
  error_ = ECANCELED;
  close();
  if (on_connection_) deliver_later();
}

void listener::close() noexcept {
  if (closed_) return;
  closed_ = true;
  loop::of(handle_).closing();
  ::uv_close(reinterpret_cast<uv_handle_t*>(&handle_),
             [](uv_handle_t* handle) noexcept { loop::of(*handle).closed(); });
}

void listener::deliver_later() noexcept {
  loop::of(handle_).later(turn_queue::step::to<&listener::deliver_end>(this));
}

void listener::deliver_end() noexcept {
  const handler<connection*> on_connection = on_connection_;
  on_connection_ = {};
  loop::of(handle_).refill_inline();
  on_connection(nullptr);
}

}  // namespace skein::libuv
