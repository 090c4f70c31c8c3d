// A connection of Asio's rows: its socket, what it ended with, its place in the list of all and,
// where buffers are own, its buffer behind it. What it does at once is here; how it waits is the
// style's own.
#pragma once

#include <boost/intrusive/list.hpp>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <new>
#include <optional>
#include <utility>

#include "runtimes/asio/loop.hpp"

namespace skein::asio {

using listed =
    boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;
template <class Connection>
using list_of = boost::intrusive::list<Connection, boost::intrusive::constant_time_size<false>>;

/// The errno of an Asio error; 0 at the end of a stream.
inline int errno_of(const error_code& said) noexcept {
  return said == net::error::eof ? 0 : said.value();
}

/// Base of a style's connection. Made by make(), destroyed by destroy().
template <class Connection, class Executor>
class connected_socket : public listed {
 public:
  connected_socket(const connected_socket&) = delete;
  connected_socket& operator=(const connected_socket&) = delete;

  /// 0 after an orderly end of stream, ECANCELED after cancel, else the errno that ended it.
  int error() const noexcept { return error_; }

 protected:
  explicit connected_socket(stream<Executor> socket) noexcept : socket_(std::move(socket)) {}
  ~connected_socket() = default;

  static Connection* make(loop& on, stream<Executor> socket) {
    socket.non_blocking(true);
    const scheduler_options& options = on.options();
    const std::size_t own_bytes = options.buffer == buffer_policy::own ? options.buffer_bytes : 0;
    void* place = ::operator new(sizeof(Connection) + own_bytes);
    on.connection_opened();
    return ::new (place) Connection(std::move(socket));
  }
  void destroy() noexcept {
    auto* const self = static_cast<Connection*>(this);
    self->~Connection();
    ::operator delete(self);
  }

  loop& home() noexcept {
    return static_cast<loop&>(net::query(socket_.get_executor(), net::execution::context));
  }
  bool reads_into_own() noexcept { return home().options().buffer == buffer_policy::own; }
  /// Where the next bytes go.
  net::mutable_buffer buffer() noexcept {
    return {reads_into_own() ? own_memory() : home().scratch(), home().options().buffer_bytes};
  }
  std::byte* own_memory() noexcept {
    return reinterpret_cast<std::byte*>(static_cast<Connection*>(this) + 1);
  }

  /// What there is to read: nothing if it must be waited for, no bytes at the end or for an error.
  std::optional<bytes> read_now() noexcept {
    error_code failed;
    const net::mutable_buffer into = buffer();
    const std::size_t count = socket_.read_some(into, failed);
    if (failed == net::error::would_block) return std::nullopt;
    if (failed) fail(errno_of(failed));
    return bytes(static_cast<const std::byte*>(into.data()), count);
  }

  /// How many bytes the kernel took at once.
  std::size_t write_now(bytes data) noexcept {
    error_code failed;
    const std::size_t count = socket_.write_some(net::buffer(data.data(), data.size()), failed);
    if (failed && failed != net::error::would_block) fail(errno_of(failed));
    return count;
  }

  /// The condition under which async_write sends more. It sends several times; between two sends
  /// the reactor has no operation of it, so a cancel finds nothing to end.
  auto while_sound() noexcept {
    return [this](const error_code& said, std::size_t sent_bytes) -> std::size_t {
      return error_ == 0 ? net::transfer_all()(said, sent_bytes) : 0;
    };
  }

  /// The first error stays.
  void fail(int error_number) noexcept {
    if (error_ == 0) error_ = static_cast<std::uint16_t>(error_number);
  }
  /// Ends what is pending: its handlers are called later.
  void cancel_pending() noexcept {
    error_code ignored;
    socket_.cancel(ignored);
  }

  stream<Executor> socket_;
  std::uint16_t error_ = 0;
};

}  // namespace skein::asio
