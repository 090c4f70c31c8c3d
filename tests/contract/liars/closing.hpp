// Liars about the end of a connection: C1.
#pragma once

#include <sys/socket.h>

#include "tests/contract/liars/base.hpp"

namespace skein::contract::liars {

/// C1: closes by a reset, so that what the peer has not received yet is thrown away.
struct resets_on_close : base {
  using base::base;
  void close(connection& closed) {
    const linger reset{1, 0};
    ::setsockopt(closed.descriptor, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    base::close(closed);
  }
};

/// C1: loses the descriptor of what it closes, so that the peer waits for ever.
struct never_hangs_up : base {
  using base::base;
  void close(connection& closed) {
    // Kept open beyond the close, up to the end of the process.
    [[maybe_unused]] const int kept = ::dup(closed.descriptor);
    base::close(closed);
  }
};

}  // namespace skein::contract::liars
