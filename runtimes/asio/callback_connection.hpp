// A connection and a listener of asio_cb. A session waits for one thing after another, by Asio's
// own operations; each handler is the object's address.
//
//   1. Chunks come one at a time. While a session's handler runs or its write is pending, nothing
//      is read; then the next wait begins.
//   2. The owner may close from inside any handler. Asio ends a pending wait of a closed socket
//      later, so the object is freed by whatever comes last: the handler that closed it, the wait's
//      end, or a delivery that is queued.
#pragma once

#include <cstdint>

#include "runtimes/asio/connected_socket.hpp"
#include "runtimes/shared/handler.hpp"

namespace skein::asio {

class callback_connection final : public connected_socket<callback_connection, concrete_executor> {
 private:
  friend class callback_listener;
  friend class callback_scheduler;
  template <class, class, class>
  friend class scheduler_base;
  friend class connected_socket<callback_connection, concrete_executor>;

  using connected_socket::connected_socket;
  ~callback_connection() = default;

  void receive(handler<bytes> on_chunk);
  void write(bytes data, handler<bool> on_written);
  void cancel();
  void close();

  void wait();
  void readable(const error_code& failed);
  void received(const error_code& failed, std::size_t count);
  void read_on();
  void deliver(bytes chunk);
  void end_receiving();
  void end_later();
  void go_on();

  void send_rest(bytes rest, handler<bool> on_written);
  void sent(const error_code& failed, handler<bool> on_written);
  void finish_write(bool complete, handler<bool> on_written);
  void written(bool complete, handler<bool> on_written);

  void free_if_left();

  bool receiving_ : 1 = false;   ///< the receive handler has not got its empty chunk yet
  bool waiting_ : 1 = false;     ///< Asio has an operation that reads
  bool writing_ : 1 = false;     ///< a write has not been reported yet
  bool calling_ : 1 = false;     ///< a handler of the owner's runs
  bool end_queued_ : 1 = false;  ///< end_later has posted
  bool closed_ : 1 = false;
  bool announced_ : 1 = false;    ///< the loop counts this object's end
  std::uint32_t held_bytes_ = 0;  ///< in the own buffer, read during a write
  handler<bytes> on_chunk_;
};

static_assert(sizeof(callback_connection) == sizeof(stream<concrete_executor>) + 40,
              "a connection is part of every user-memory figure");

class callback_listener {
 public:
  callback_listener(loop& on, list_of<callback_connection>& connections, int descriptor);
  callback_listener(const callback_listener&) = delete;
  callback_listener& operator=(const callback_listener&) = delete;

  /// 0, ECANCELED after cancel, else the errno that accepting failed with.
  int error() const noexcept { return error_; }

 private:
  friend class callback_scheduler;
  template <class, class, class>
  friend class scheduler_base;

  void accept(handler<callback_connection*> on_connection);
  void cancel();
  void wait();
  void arrived(const error_code& failed, stream<concrete_executor> peer);
  void end();
  void end_later();

  loop& on_;
  list_of<callback_connection>& connections_;
  acceptor<concrete_executor> acceptor_;
  handler<callback_connection*> on_connection_;
  int error_ = 0;
};

}  // namespace skein::asio
