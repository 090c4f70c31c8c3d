// Connections and listeners of the thread runtime, and the registry through which stop finds them.
//
// The registry's lock is taken when a connection is made and when it is closed, never to read or
// write. A connection is its object, not its descriptor: cancel goes through the object. The
// descriptor is closed only under the lock, after the object has left the registry, so stop never
// shuts down a descriptor that already belongs to somebody else (C6).
//
// Two threads may do only one thing to a connection at once: one uses it while another ends it.
// `error_` coordinates the two:
//   - It goes from 0 to an errno or to ECANCELED, once. Nonzero means the connection has ended.
//   - cancel stores ECANCELED (release), then calls shutdown, which ends a blocked call. The task
//     reads `error_` (acquire) before each system call, which keeps later calls from starting, and
//     again after a call that failed or found the end. Both sides take the kernel's socket lock,
//     which orders the store before that second load, so the end is reported as cancelled.
//   - A call that moved bytes before the shutdown reports the bytes; the next call reports the end.
#pragma once

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <vector>

#include "runtimes/options.hpp"

namespace skein::thread {

class connection {
 public:
  connection() = default;
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  /// 0 after an orderly end of stream, ECANCELED after cancel, else the errno that ended it.
  int error() const noexcept { return error_.load(std::memory_order_acquire); }

 private:
  friend class connection_registry;
  friend class scheduler;

  /// Keeps the first error, which a cancel may be.
  void fail(int error_number) noexcept {
    int none = 0;
    error_.compare_exchange_strong(none, error_number, std::memory_order_acq_rel);
  }

  int descriptor_ = -1;
  std::atomic<int> error_{0};
  std::int32_t timeout_ms_ = 0;  ///< the socket's SO_RCVTIMEO; 0: none
  connection* next_ = nullptr;
  connection** link_ = nullptr;
};

class listener {
 public:
  explicit listener(int descriptor) noexcept : descriptor_(descriptor) {}
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;

  /// 0, ECANCELED after cancel, else the errno that accept failed with.
  int error() const noexcept { return error_.load(std::memory_order_acquire); }

 private:
  friend class connection_registry;
  friend class scheduler;

  const int descriptor_;
  std::atomic<int> error_{0};
};

/// Owns all connections and listeners of a scheduler. Any thread may call any member.
class connection_registry {
 public:
  explicit connection_registry(const scheduler_options& options);
  /// Closes whatever is still open.
  ~connection_registry();
  connection_registry(const connection_registry&) = delete;
  connection_registry& operator=(const connection_registry&) = delete;

  listener& listen(int descriptor);

  /// Adopts an accepted descriptor. Null, and the descriptor is closed, once stopped.
  connection* adopt(int descriptor);
  void close(connection& closed) noexcept;

  static void cancel(connection& target) noexcept;
  static void cancel(listener& target) noexcept;

  /// Cancels all connections and listeners, future ones included.
  void stop() noexcept;

  std::size_t live() const;

  /// The connection's own buffer (buffer_policy::own only).
  static std::byte* own_buffer(connection& of) noexcept {
    return reinterpret_cast<std::byte*>(&of + 1);
  }

 private:
  static constexpr std::size_t chunk_slots = 64;

  connection& take_slot();
  void add_chunk();

  const std::size_t slot_bytes_;

  mutable std::mutex mutex_;  ///< guards all below
  bool stopped_ = false;
  std::size_t live_ = 0;
  connection* open_ = nullptr;
  connection* free_ = nullptr;  ///< through next_
  std::vector<std::unique_ptr<std::byte[]>> chunks_;
  std::list<listener> listeners_;
};

}  // namespace skein::thread
