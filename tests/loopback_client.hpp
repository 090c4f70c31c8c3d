// The other end of a connection: a plain blocking TCP socket, with what tests need beyond talking.
// Every call is bounded to ten seconds, so that a broken runtime fails a test and does not hang it.
// What goes wrong here shows in what the server's side sees, or in bytes that did not come; nothing
// is thrown but by the constructor.
#pragma once

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <netinet/in.h>
#include <span>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "runtimes/clock.hpp"
#include "runtimes/errors.hpp"

namespace skein::test {

/// The byte at `position` of the tests' stream. The period is a prime, so that a lost, repeated or
/// swapped stretch shows.
constexpr std::byte pattern_at(std::size_t position) noexcept {
  return static_cast<std::byte>(position % 251);
}

inline std::vector<std::byte> pattern_bytes(std::size_t size_bytes) {
  std::vector<std::byte> made(size_bytes);
  for (std::size_t i = 0; i < size_bytes; ++i) made[i] = pattern_at(i);
  return made;
}

class loopback_client {
 public:
  /// Connects to 127.0.0.1. A small receive buffer makes a slow reader of it.
  explicit loopback_client(std::uint16_t port, int receive_buffer_bytes = 0)
      : descriptor_(checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket")) {
    wait_at_most(10 * ns_per_s);
    if (receive_buffer_bytes != 0) set(SO_RCVBUF, receive_buffer_bytes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const ssize_t connected = retried([&] {
      return ::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    });
    if (connected < 0) close();
    checked(static_cast<int>(connected), "connect");
  }
  loopback_client(loopback_client&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)) {}
  loopback_client(const loopback_client&) = delete;
  loopback_client& operator=(const loopback_client&) = delete;
  ~loopback_client() { close(); }

  /// How long a call may take from here on.
  void wait_at_most(time_ns patience_ns) {
    timeval patience{};
    patience.tv_sec = patience_ns / ns_per_s;
    patience.tv_usec = patience_ns % ns_per_s / ns_per_us;
    set(SO_RCVTIMEO, patience);
    set(SO_SNDTIMEO, patience);
  }

  /// Sends until done or refused.
  bool send(std::span<const std::byte> data) {
    while (!data.empty()) {
      const ssize_t sent =
          retried([&] { return ::send(descriptor_, data.data(), data.size(), MSG_NOSIGNAL); });
      if (sent < 0) return false;
      data = data.subspan(static_cast<std::size_t>(sent));
    }
    return true;
  }
  bool send_byte(std::byte value) { return send({&value, 1}); }

  /// The next `size_bytes` bytes; fewer if the stream ends or fails before.
  std::vector<std::byte> receive(std::size_t size_bytes) {
    std::vector<std::byte> received(size_bytes);
    std::size_t filled = 0;
    while (filled < size_bytes) {
      const std::size_t wanted = std::min<std::size_t>(size_bytes - filled, 64 * 1024);
      const ssize_t count =
          retried([&] { return ::recv(descriptor_, received.data() + filled, wanted, 0); });
      if (count <= 0) break;
      filled += static_cast<std::size_t>(count);
    }
    received.resize(filled);
    return received;
  }

  /// The stream to its end, and what ended it: 0 for an orderly end, or the errno.
  struct whole_stream {
    std::vector<std::byte> data;
    int error_number = 0;
  };
  whole_stream receive_all() {
    whole_stream received;
    std::byte piece[16 * 1024];
    for (;;) {
      const ssize_t count = retried([&] { return ::recv(descriptor_, piece, sizeof piece, 0); });
      if (count < 0) received.error_number = errno;
      if (count <= 0) return received;
      received.data.insert(received.data.end(), piece, piece + count);
    }
  }

  /// True once the server has closed: at its orderly end, or its reset. Eats what comes before.
  bool ended() {
    std::byte eaten[4096];
    for (;;) {
      const ssize_t count = retried([&] { return ::recv(descriptor_, eaten, sizeof eaten, 0); });
      if (count == 0 || (count < 0 && errno == ECONNRESET)) return true;
      if (count < 0) return false;
    }
  }

  /// No more will be sent; what the server still has to say can be received.
  void finish_sending() { ::shutdown(descriptor_, SHUT_WR); }
  void close() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  }
  /// Ends the connection with a reset.
  void reset() {
    const linger at_once{1, 0};
    set(SO_LINGER, at_once);
    close();
  }

  /// The client's own address: what the server's socket has as its peer.
  sockaddr_in address() const {
    sockaddr_in own{};
    socklen_t size = sizeof own;
    checked(::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&own), &size), "getsockname");
    return own;
  }
  int descriptor() const noexcept { return descriptor_; }

 private:
  /// Calls with a time limit are not begun again by the kernel when something interrupts them, as
  /// the end of an io_uring does to the thread that had it.
  template <class Call>
  static ssize_t retried(Call call) {
    ssize_t result = call();
    while (result < 0 && errno == EINTR) result = call();
    return result;
  }

  template <class Value>
  void set(int option, const Value& value) {
    checked(::setsockopt(descriptor_, SOL_SOCKET, option, &value, sizeof value), "setsockopt");
  }

  int descriptor_;
};

}  // namespace skein::test
