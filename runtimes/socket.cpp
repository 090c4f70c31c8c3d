#include "runtimes/socket.hpp"

#include <arpa/inet.h>
#include <array>
#include <fstream>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

#include "runtimes/errors.hpp"
#include "runtimes/listen_address.hpp"

namespace skein {

namespace {

/// In the host's byte order. Set before any thread that reads it.
in_addr_t listening = INADDR_LOOPBACK;

void set_option(int descriptor, int level, int name, const void* value, socklen_t size) {
  checked(::setsockopt(descriptor, level, name, value, size), "setsockopt");
}

void prepare(int descriptor) {
  const int on = 1;
  set_option(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(listening);
  checked(::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind");
  checked(::listen(descriptor, listen_backlog()), "listen");
}

template <class Value>
Value option(int descriptor, int level, int name) {
  Value value{};
  socklen_t size = sizeof value;
  checked(::getsockopt(descriptor, level, name, &value, &size), "getsockopt");
  return value;
}

std::uint16_t port_of(int descriptor) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  checked(::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
  return ntohs(address.sin_port);
}

}  // namespace

void listen_at(const std::string& address) {
  in_addr parsed{};
  if (::inet_pton(AF_INET, address.c_str(), &parsed) != 1) {
    throw std::invalid_argument("listen must be an IPv4 address, got " + address);
  }
  listening = ntohl(parsed.s_addr);
}

std::string listening_address() {
  const in_addr binary{htonl(listening)};
  std::array<char, INET_ADDRSTRLEN> text{};
  ::inet_ntop(AF_INET, &binary, text.data(), sizeof text);
  return text.data();
}

listener_options read_listener(int descriptor) {
  const auto lingering = option<linger>(descriptor, SOL_SOCKET, SO_LINGER);
  listener_options in_force{};
  in_force.no_delay = option<int>(descriptor, IPPROTO_TCP, TCP_NODELAY) != 0;
  in_force.linger = lingering.l_onoff != 0;
  if (in_force.linger) in_force.linger_s = lingering.l_linger;
  in_force.send_buffer_bytes = option<int>(descriptor, SOL_SOCKET, SO_SNDBUF);
  in_force.receive_buffer_bytes = option<int>(descriptor, SOL_SOCKET, SO_RCVBUF);
  return in_force;
}

bool is_readable(int descriptor) noexcept {
  pollfd asked{.fd = descriptor, .events = POLLIN, .revents = 0};
  return ::poll(&asked, 1, 0) > 0;  // a recv with MSG_PEEK would take an error
}

int listen_backlog() noexcept {
  std::ifstream file("/proc/sys/net/core/somaxconn");
  int value = 0;
  return file >> value ? value : 128;
}

listening_socket make_listener(blocking mode) {
  const int flags = SOCK_STREAM | SOCK_CLOEXEC | (mode == blocking::no ? SOCK_NONBLOCK : 0);
  const int descriptor = checked(::socket(AF_INET, flags, 0), "socket");
  try {
    prepare(descriptor);
    return {descriptor, port_of(descriptor)};
  } catch (...) {
    ::close(descriptor);
    throw;
  }
}

}  // namespace skein
