#include "harness/measure/loopback.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace skein::measure {
namespace {

constexpr int wait_s = 1;  // a firewall may swallow what is sent

class tcp_socket {
 public:
  tcp_socket() : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  ~tcp_socket() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  tcp_socket(const tcp_socket&) = delete;
  tcp_socket& operator=(const tcp_socket&) = delete;
  [[nodiscard]] int get() const noexcept { return descriptor_; }

 private:
  int descriptor_;
};

sockaddr_in loopback(std::int64_t last, in_port_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = port;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + static_cast<std::uint32_t>(last));
  return address;
}

bool bind_to(const tcp_socket& which, std::int64_t last) {
  const sockaddr_in address = loopback(last, 0);
  return ::bind(which.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

/// The port that it listens on, in network order; 0 where it cannot.
in_port_t listen_on(const tcp_socket& which) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  const bool listens =
      bind_to(which, 1) && ::listen(which.get(), 128) == 0 &&
      ::getsockname(which.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0;
  return listens ? address.sin_port : 0;
}

bool connects_from(std::int64_t last, in_port_t port) {
  const tcp_socket client;
  const timeval patience{wait_s, 0};
  const linger reset{1, 0};  // leaves no port behind
  ::setsockopt(client.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  ::setsockopt(client.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  const sockaddr_in to = loopback(1, port);
  return bind_to(client, last) &&
         ::connect(client.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
}

}  // namespace

std::int64_t usable_loopback_addresses(std::int64_t wanted) {
  const tcp_socket listener;
  const in_port_t port = listen_on(listener);
  std::int64_t usable = 0;
  while (port != 0 && usable < wanted && connects_from(usable + 1, port)) ++usable;
  return usable;
}

}  // namespace skein::measure
