// A connection and a listener whose operations a task waits for one by one, and that lack only the
// way to wait.
#pragma once

#include <cerrno>
#include <optional>
#include <utility>

#include "runtimes/asio/connected_socket.hpp"

namespace skein::asio {

template <class Executor>
class basic_connection final : public connected_socket<basic_connection<Executor>, Executor> {
  using base = connected_socket<basic_connection<Executor>, Executor>;

 public:
  static basic_connection* accept(loop& on, stream<Executor> socket) {
    return base::make(on, std::move(socket));
  }

  /// Whether more is likely to be there, so that a read is tried before it is waited for.
  bool was_filled() const noexcept { return filled_; }

  /// As read_now of the base.
  std::optional<bytes> read() noexcept {
    const std::optional<bytes> chunk = this->read_now();
    filled_ = chunk && chunk->size() == this->home().options().buffer_bytes;
    return chunk;
  }
  using base::reads_into_own;
  template <class Handler>
  void wait_to_read(Handler&& handler) {
    this->socket_.async_wait(net::socket_base::wait_read, std::forward<Handler>(handler));
  }
  template <class Handler>
  void read_into_own(Handler&& handler) {
    this->socket_.async_read_some(this->buffer(), std::forward<Handler>(handler));
  }
  bytes own(std::size_t count) noexcept { return {this->own_memory(), count}; }

  /// How many bytes the kernel took at once. After an error a pending read ends, too.
  std::size_t write(bytes data) noexcept {
    const std::size_t taken = this->write_now(data);
    if (this->error_ != 0) this->cancel_pending();
    return taken;
  }
  template <class Handler>
  void write_all(bytes data, Handler&& handler) {
    net::async_write(this->socket_, net::buffer(data.data(), data.size()), this->while_sound(),
                     std::forward<Handler>(handler));
  }

  /// What Asio says of an operation that waited. An error ends what else is pending.
  void waited(const error_code& said) noexcept {
    if (said) this->fail(errno_of(said));
    if (this->error_ != 0) this->cancel_pending();
  }
  /// The same of write_all: whether the kernel has all bytes. Without an error Asio ends it early
  /// only if while_sound says so.
  bool written(const error_code& said) noexcept {
    waited(said);
    return !said && this->error_ == 0;
  }

  void cancel() noexcept {
    this->fail(ECANCELED);
    this->cancel_pending();
  }
  void close() noexcept {
    this->home().connection_closed();
    this->destroy();
  }

 private:
  friend base;
  using base::base;
  ~basic_connection() = default;

  bool filled_ = false;
};

template <class Executor>
class basic_listener {
 public:
  using connection = basic_connection<Executor>;

  basic_listener(loop& on, list_of<connection>& connections, int descriptor)
      : on_(on),
        connections_(connections),
        acceptor_(on.get_executor(), net::ip::tcp::v4(), descriptor) {}
  basic_listener(const basic_listener&) = delete;
  basic_listener& operator=(const basic_listener&) = delete;

  /// 0, ECANCELED after cancel, else the errno that accepting failed with.
  int error() const noexcept { return error_; }

  template <class Handler>
  void wait(Handler&& handler) {
    acceptor_.async_accept(std::forward<Handler>(handler));
  }
  /// The connection that was waited for; null after cancel and for an error.
  connection* accepted(const error_code& said, stream<Executor> peer) {
    on_.refill_inline();
    if (said && error_ == 0) error_ = errno_of(said);
    if (error_ != 0) return nullptr;
    connection* made = connection::accept(on_, std::move(peer));
    connections_.push_back(*made);
    return made;
  }
  void cancel() noexcept {
    if (error_ == 0) error_ = ECANCELED;
    error_code ignored;
    acceptor_.cancel(ignored);
  }

 private:
  loop& on_;
  list_of<connection>& connections_;
  acceptor<Executor> acceptor_;
  int error_ = 0;
};

}  // namespace skein::asio
