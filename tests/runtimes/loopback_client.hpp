// A blocking TCP client for the runtimes' own tests. Every call is bounded: a receive or send that
// makes no progress for ten seconds fails, so a broken runtime gives a failed test and not a hang.
#pragma once

#include <algorithm>
#include <arpa/inet.h>
#include <cstddef>
#include <cstdint>
#include <netinet/in.h>
#include <span>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "runtimes/errors.hpp"

namespace skein::test {

/// Bytes in which a lost, repeated or swapped stretch shows: their period is a prime, 251.
inline std::vector<std::byte> pattern_bytes(std::size_t size_bytes) {
  std::vector<std::byte> made(size_bytes);
  for (std::size_t i = 0; i < size_bytes; ++i) made[i] = static_cast<std::byte>(i % 251);
  return made;
}

class loopback_client {
 public:
  /// Connects to 127.0.0.1. `receive_buffer_bytes`, if not 0, keeps the kernel from absorbing much
  /// on the client's side, which makes a slow reader of it. Throws std::system_error.
  explicit loopback_client(std::uint16_t port, int receive_buffer_bytes = 0)
      : descriptor_(checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket")) {
    const timeval patience{10, 0};
    set(SO_RCVTIMEO, patience);
    set(SO_SNDTIMEO, patience);
    if (receive_buffer_bytes != 0) set(SO_RCVBUF, receive_buffer_bytes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    checked(::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address),
            "connect");
  }
  loopback_client(loopback_client&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)) {}
  loopback_client(const loopback_client&) = delete;
  loopback_client& operator=(const loopback_client&) = delete;
  ~loopback_client() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  void send_all(std::span<const std::byte> data) {
    while (!data.empty()) {
      const ssize_t sent = ::send(descriptor_, data.data(), data.size(), MSG_NOSIGNAL);
      if (sent < 0) throw_errno("send");
      data = data.subspan(static_cast<std::size_t>(sent));
    }
  }

  /// The next `size_bytes` bytes, fewer only if the stream ends before. Throws on a time-out.
  std::vector<std::byte> receive(std::size_t size_bytes) {
    std::vector<std::byte> received(size_bytes);
    std::size_t filled = 0;
    while (filled < size_bytes) {
      const ssize_t count = ::recv(descriptor_, received.data() + filled, size_bytes - filled, 0);
      if (count < 0 && errno != ECONNRESET) throw_errno("recv");
      if (count <= 0) break;
      filled += static_cast<std::size_t>(count);
    }
    received.resize(filled);
    return received;
  }

  /// True once the server has closed: at its orderly end, or its reset. Eats what comes before.
  bool ended() {
    std::byte eaten[4096];
    for (;;) {
      const ssize_t count = ::recv(descriptor_, eaten, sizeof eaten, 0);
      if (count == 0 || (count < 0 && errno == ECONNRESET)) return true;
      if (count < 0) return false;
    }
  }

  /// No more will be sent; what the server still has to say can be received.
  void finish_sending() { checked(::shutdown(descriptor_, SHUT_WR), "shutdown"); }

 private:
  template <class Value>
  void set(int option, const Value& value) {
    checked(::setsockopt(descriptor_, SOL_SOCKET, option, &value, sizeof value), "setsockopt");
  }

  int descriptor_;
};

}  // namespace skein::test
