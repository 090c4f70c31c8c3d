// The one way sockets are set up, shared by every runtime so that conditions are equal by
// construction: one address, non-blocking unless asked otherwise, TCP_NODELAY.
//
// SO_LINGER stays off: {1,0} would make close a reset, which throws away what the peer has not
// received yet (C1). No run needs a reset here to free ports: TIME_WAIT stays with the side that
// closes first. That is our load generator, and it resets its connections.
#pragma once

#include <cstdint>
#include <optional>

namespace skein {

enum class blocking : bool { no, yes };

struct listening_socket {
  int descriptor;
  std::uint16_t port;
};

/// A listening TCP socket (listen_address.hpp) of an ephemeral port, backlog net.core.somaxconn.
/// Accepted sockets inherit TCP_NODELAY from it, which spares a system call per connection. The
/// caller owns the descriptor. Throws std::system_error.
listening_socket make_listener(blocking mode);

/// The options in force on a listener, read back from the kernel.
struct listener_options {
  bool no_delay;
  bool linger;                  ///< SO_LINGER is on
  std::optional<int> linger_s;  ///< and how long, where it is
  int send_buffer_bytes;
  int receive_buffer_bytes;
};

/// Throws std::system_error.
listener_options read_listener(int descriptor);

/// Whether a read of this connection would not wait: bytes have come, its end, or an error. Nothing
/// is taken.
bool is_readable(int descriptor) noexcept;

/// net.core.somaxconn of this machine, or 128 where it cannot be read.
int listen_backlog() noexcept;

}  // namespace skein
