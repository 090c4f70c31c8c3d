#include "harness/measure/loopback.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
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

/// 0 on success, otherwise errno.
int error_of(int result) {
  return result == 0 ? 0 : errno;
}

int bind_to(const tcp_socket& which, std::int64_t last) {
  const sockaddr_in address = loopback(last, 0);
  return error_of(::bind(which.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address));
}

int listen_on(const tcp_socket& which) {
  const int error = bind_to(which, 1);
  return error != 0 ? error : error_of(::listen(which.get(), 128));
}

/// The socket's port, in network order.
in_port_t port_of(const tcp_socket& which) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(which.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return address.sin_port;
}

/// Connects as the load generator does: the kernel chooses the port when it knows the peer.
int connect_from(std::int64_t last, in_port_t port) {
  const tcp_socket client;
  const timeval patience{wait_s, 0};
  const linger reset{1, 0};  // leaves no port behind
  const int late = 1;
  ::setsockopt(client.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  ::setsockopt(client.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  ::setsockopt(client.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &late, sizeof late);
  if (const int error = bind_to(client, last); error != 0) return error;
  const sockaddr_in to = loopback(1, port);
  const int error =
      error_of(::connect(client.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to));
  return error == EADDRNOTAVAIL ? EADDRINUSE : error;  // the address exists but has no port left
}

/// True if the address is missing, or a firewall blocks it (EINPROGRESS: the firewall drops what is
/// sent). A lack of descriptors, ports or memory says nothing about the address.
bool is_about_the_address(int error) {
  constexpr std::array missing{EADDRNOTAVAIL, ENETUNREACH,  EHOSTUNREACH, EINPROGRESS,
                               ETIMEDOUT,     ECONNREFUSED, EACCES,       EPERM};
  return std::find(missing.begin(), missing.end(), error) != missing.end();
}

}  // namespace

std::optional<std::int64_t> usable_loopback_addresses(std::int64_t wanted) {
  const tcp_socket listener;
  int error = listen_on(listener);
  const in_port_t port = port_of(listener);
  std::int64_t usable = 0;
  while (error == 0 && usable < wanted) {
    error = connect_from(usable + 1, port);
    if (error == 0) ++usable;
  }
  if (error != 0 && !is_about_the_address(error)) return std::nullopt;
  return usable;
}

}  // namespace skein::measure
