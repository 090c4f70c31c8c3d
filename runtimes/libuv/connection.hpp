// A TCP connection the way libuv's users write one: the uv_tcp_t is embedded, reading is started
// once and goes on by itself, a write is tried at once and only its unsent tail is queued.
//
// What libuv does not offer, and how it is done here:
//   1. Cancelling. libuv cannot cancel a read or a write, it can only close. So cancel stops
//      reading, detaches the pending write (libuv still owns its copy of the bytes) and delivers
//      both ends in the next turn; the owner then closes.
//   2. Bounded memory. While a write waits, reading is stopped. So a peer that sends and does not
//      read costs one buffer and not an endless queue, and no chunk comes while one is being
//      echoed.
//   3. The owner may close from inside any handler. uv_close completes later in the turn, so the
//      object outlives the handler; if a delivery is still queued, the delivery frees the object
//      instead.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <uv.h>

#include "runtimes/libuv/loop.hpp"
#include "runtimes/scheduler.hpp"
#include "runtimes/shared/handler.hpp"

namespace skein::libuv {

class connection {
 public:
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  /// 0 after an orderly end of stream, ECANCELED after cancel, else the errno that ended it.
  int error() const noexcept { return error_; }

 private:
  friend class listener;
  friend class scheduler;

  struct unsent_tail;

  connection() = default;
  ~connection() = default;

  /// Takes the next connection from a listening stream; null, with the libuv status in `status`, if
  /// that fails.
  static connection* accept(loop& on, uv_stream_t* from, int& status);
  static connection& of(uv_handle_t* handle) noexcept {
    return *reinterpret_cast<connection*>(handle);
  }

  void receive(handler<bytes> on_chunk) noexcept;
  bool has_come() const noexcept;
  void write(bytes data, handler<bool> on_written);
  void cancel() noexcept;
  void close() noexcept;

  void start_reading() noexcept;
  void end_reading(int error_number) noexcept;
  void queue_tail(bytes rest, handler<bool> on_written);
  void wait_for_write(handler<bool> on_written) noexcept;
  void end_write(bool complete) noexcept;
  void tail_sent(int status) noexcept;
  bool tail_pending() const noexcept { return on_written_ && !write_over_; }
  void finish_write(bool complete, handler<bool> on_written);
  void fail(int error_number) noexcept;
  void deliver_later() noexcept;
  void deliver() noexcept;
  void destroy() noexcept;

  std::byte* buffer() noexcept;
  loop& home() const noexcept { return loop::of(handle_); }
  const uv_handle_t* base() const noexcept {
    return reinterpret_cast<const uv_handle_t*>(&handle_);
  }
  uv_stream_t* stream() noexcept { return reinterpret_cast<uv_stream_t*>(&handle_); }

  static void on_buffer_wanted(uv_handle_t* handle, std::size_t, uv_buf_t* lent) noexcept;
  static void on_read(uv_stream_t* stream, ssize_t count, const uv_buf_t* filled) noexcept;
  static void on_closed(uv_handle_t* handle) noexcept;

  // The first member, because libuv passes its address back. Its `data` field, which libuv leaves
  // to its users, holds the object of on_chunk_.
  uv_tcp_t handle_{};
  handler<bytes>::function on_chunk_ = nullptr;
  handler<bool> on_written_;
  std::uint16_t error_ = 0;
  bool receiving_ = false;            ///< the receive handler has not got its empty chunk yet
  bool write_over_ : 1 = false;       ///< on_written_ has its result and waits for the next turn
  bool write_complete_ : 1 = false;   ///< that result
  bool delivery_queued_ : 1 = false;  ///< deliver() is in the turn queue
  bool closed_ : 1 = false;           ///< close was called
  bool handle_gone_ : 1 = false;      ///< libuv has let go of the handle
};

static_assert(std::is_standard_layout_v<connection>, "a handle's address is its connection's");
static_assert(sizeof(connection) == sizeof(uv_tcp_t) + 32,
              "a connection is part of every user-memory figure");

}  // namespace skein::libuv
