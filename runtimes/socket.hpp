// The one way sockets are set up, shared by every runtime so that conditions are equal by
// construction: loopback, non-blocking unless asked otherwise, TCP_NODELAY, and SO_LINGER{1,0} so
// that closing leaves no TIME_WAIT and a third run does not run out of ports.
#pragma once

#include <cstdint>
#include <optional>

namespace skein {

enum class blocking : bool { no, yes };

struct listening_socket {
  int descriptor;
  std::uint16_t port;
};

/// A listening TCP socket on 127.0.0.1 with an ephemeral port and backlog net.core.somaxconn.
/// Accepted sockets inherit TCP_NODELAY and SO_LINGER from it, which spares two system calls per
/// connection. The caller owns the descriptor. Throws std::system_error.
listening_socket make_listener(blocking mode);

/// What is in force on a listener, read back from the kernel.
struct listener_options {
  bool no_delay;
  std::optional<int> linger_s;  ///< empty: SO_LINGER is off
  int send_buffer_bytes;
  int receive_buffer_bytes;
};

/// Throws std::system_error.
listener_options read_listener(int descriptor);

/// net.core.somaxconn of this machine, or 128 where it cannot be read.
int listen_backlog() noexcept;

}  // namespace skein
