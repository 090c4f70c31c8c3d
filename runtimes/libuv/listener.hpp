// A listening socket as a libuv stream: the accept handler runs for every connection, and once with
// null at the end. libuv cannot stop listening without closing, so cancel closes the socket.
#pragma once

#include <uv.h>

#include "runtimes/libuv/connection.hpp"
#include "runtimes/libuv/loop.hpp"
#include "runtimes/shared/handler.hpp"

namespace skein::libuv {

class listener {
 public:
  explicit listener(loop& on) noexcept;
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;

  /// 0, ECANCELED after cancel, else the errno that accepting failed with.
  int error() const noexcept { return error_; }

 private:
  friend class scheduler;

  void open(int descriptor);
  void accept(handler<connection*> on_connection) noexcept;
  void cancel() noexcept;
  void close() noexcept;
  bool owns(const uv_handle_t* handle) const noexcept {
    return handle == reinterpret_cast<const uv_handle_t*>(&handle_);
  }

  void deliver_later() noexcept;
  void deliver_end() noexcept;
  static void on_arrival(uv_stream_t* stream, int status) noexcept;

  uv_tcp_t handle_{};
  handler<connection*> on_connection_;
  int error_ = 0;
  bool closed_ = false;
};

}  // namespace skein::libuv
