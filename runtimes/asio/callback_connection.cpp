#include "runtimes/asio/callback_connection.hpp"

#include <algorithm>
#include <cassert>
#include <memory>
#include <utility>

namespace skein::asio {

// --- receive --------------------------------------------------------------------------------

void callback_connection::receive(handler<bytes> on_chunk) {
  assert(!receiving_ && "one receive at a time on a connection (C4)");
  assert(!closed_);
  on_chunk_ = on_chunk;
  receiving_ = true;
  if (error_ != 0) return end_later();
  if (!writing_ && !calling_) wait();
}

void callback_connection::wait() {
  waiting_ = true;
  if (reads_into_own()) {
    socket_.async_read_some(buffer(), [this](const error_code& failed, std::size_t count) noexcept {
      received(failed, count);
    });
  } else {
    socket_.async_wait(net::socket_base::wait_read,
                       [this](const error_code& failed) noexcept { readable(failed); });
  }
}

void callback_connection::readable(const error_code& failed) {
  waiting_ = false;
  if (closed_) return free_if_left();
  home().refill_inline();
  if (failed) fail(errno_of(failed));
  if (writing_) return;
  if (error_ != 0) return end_receiving();
  read_on();
}

/// Reads on while the buffer was filled and the budget lasts, as libuv does.
void callback_connection::read_on() {
  bool filled = true;
  while (filled && !writing_ && !closed_ && error_ == 0) {
    const std::optional<bytes> chunk = read_now();
    if (!chunk) break;
    if (chunk->empty()) return end_receiving();
    filled = chunk->size() == home().options().buffer_bytes && home().take_inline();
    deliver(*chunk);
  }
  go_on();
}

void callback_connection::received(const error_code& failed, std::size_t count) {
  waiting_ = false;
  if (closed_) return free_if_left();
  home().refill_inline();
  held_bytes_ = static_cast<std::uint32_t>(count);
  if (failed) fail(errno_of(failed));
  if (writing_) return;
  if (failed) return end_receiving();
  go_on();
}

/// The handler may close, or write, or begin to receive again.
void callback_connection::deliver(bytes chunk) {
  const bool is_outermost = !calling_;
  calling_ = true;
  on_chunk_(chunk);
  if (is_outermost) calling_ = false;
}

void callback_connection::end_receiving() {
  receiving_ = false;
  held_bytes_ = 0;
  deliver({});
  go_on();
}

void callback_connection::end_later() {
  if (end_queued_) return;
  end_queued_ = true;
  net::post(home(), [this]() noexcept {
    end_queued_ = false;
    home().refill_inline();
    go_on();
  });
}

/// What comes next, when no handler of the owner's runs.
void callback_connection::go_on() {
  if (closed_) return free_if_left();
  if (calling_ || !receiving_ || waiting_ || writing_) return;
  if (error_ != 0) return end_receiving();
  if (held_bytes_ == 0) return wait();
  deliver({own_memory(), std::exchange(held_bytes_, 0)});
  go_on();
}

// --- write ----------------------------------------------------------------------------------

void callback_connection::write(bytes data, handler<bool> on_written) {
  assert(!writing_ && "one write at a time on a connection (C4)");
  assert(!closed_);
  if (error_ != 0) return finish_write(false, on_written);
  const std::size_t taken = write_now(data);
  if (error_ != 0) {
    if (waiting_) cancel_pending();
    return finish_write(false, on_written);
  }
  if (taken == data.size()) return finish_write(true, on_written);
  writing_ = true;
  send_rest(data.subspan(taken), on_written);
}

/// Lent bytes are valid until the handler that got them returns, so what is left of them is copied.
void callback_connection::send_rest(bytes rest, handler<bool> on_written) {
  std::unique_ptr<std::byte[]> copy;
  if (home().is_scratch(rest)) {
    copy = std::make_unique_for_overwrite<std::byte[]>(rest.size());
    std::copy(rest.begin(), rest.end(), copy.get());
    rest = {copy.get(), rest.size()};
  }
  net::async_write(
      socket_, net::buffer(rest.data(), rest.size()), while_sound(),
      [this, on_written, copy = std::move(copy)](const error_code& failed, std::size_t) noexcept {
        sent(failed, on_written);
      });
}

void callback_connection::sent(const error_code& failed, handler<bool> on_written) {
  home().refill_inline();
  if (failed) {
    fail(errno_of(failed));
    if (waiting_) cancel_pending();
  }
  written(!failed && error_ == 0, on_written);
}

/// Ends a write that did not have to wait: inline while the budget lasts, else through the queue.
void callback_connection::finish_write(bool complete, handler<bool> on_written) {
  if (home().take_inline()) return written(complete, on_written);
  writing_ = true;
  net::post(home(), [this, complete, on_written]() noexcept {
    home().refill_inline();
    written(complete, on_written);
  });
}

void callback_connection::written(bool complete, handler<bool> on_written) {
  writing_ = false;
  const bool is_outermost = !calling_;
  calling_ = true;
  on_written(complete);
  if (!is_outermost) return;
  calling_ = false;
  go_on();
}

// --- cancel, close --------------------------------------------------------------------------

void callback_connection::cancel() {
  if (closed_) return;
  fail(ECANCELED);
  cancel_pending();
  if (receiving_ && !waiting_ && !writing_) end_later();
}

void callback_connection::close() {
  assert(!closed_ && "a connection is closed once (C6)");
  assert(!writing_ && "no write is pending when a connection is closed (C6)");
  closed_ = true;
  unlink();
  home().connection_closed();
  announced_ = waiting_ || end_queued_;
  if (announced_) home().announce_end();
  error_code ignored;
  socket_.close(ignored);
  free_if_left();
}

void callback_connection::free_if_left() {
  if (waiting_ || end_queued_ || calling_) return;
  loop& on = home();
  const bool was_announced = announced_;
  destroy();
  if (was_announced) on.end_came();
}

// --- the listener ---------------------------------------------------------------------------

callback_listener::callback_listener(loop& on, list_of<callback_connection>& connections,
                                     int descriptor)
    : on_(on),
      connections_(connections),
      acceptor_(on.get_executor(), net::ip::tcp::v4(), descriptor) {}

void callback_listener::accept(handler<callback_connection*> on_connection) {
  assert(!on_connection_ && "one accept at a time on a listener");
  on_connection_ = on_connection;
  if (error_ != 0) return end_later();
  wait();
}

void callback_listener::wait() {
  acceptor_.async_accept([this](const error_code& failed, stream<concrete_executor> peer) noexcept {
    arrived(failed, std::move(peer));
  });
}

/// Waits for the next before it hands this one over. Asio keeps the memory of the operation that
/// has just ended for the next one that begins, and that of an accept is far too large for a
/// session's wait: in the other order each connection would keep 96 bytes more.
void callback_listener::arrived(const error_code& failed, stream<concrete_executor> peer) {
  on_.refill_inline();
  if (failed && error_ == 0) error_ = errno_of(failed);
  if (error_ != 0) return end();
  callback_connection* accepted = callback_connection::make(on_, std::move(peer));
  connections_.push_back(*accepted);
  wait();
  on_connection_(accepted);
}

/// The handler may accept again.
void callback_listener::end() {
  const handler<callback_connection*> on_connection = std::exchange(on_connection_, {});
  on_connection(nullptr);
}

void callback_listener::end_later() {
  net::post(on_, [this]() noexcept {
    on_.refill_inline();
    end();
  });
}

void callback_listener::cancel() {
  if (error_ != 0) return;
  error_ = ECANCELED;
  error_code ignored;
  acceptor_.cancel(ignored);
}

}  // namespace skein::asio
