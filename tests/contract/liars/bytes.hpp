// Liars about the bytes of a connection: C1 to C4.
#pragma once

#include <array>
#include <cerrno>
#include <set>
#include <sys/socket.h>
#include <vector>

#include "tests/contract/liars/base.hpp"

namespace skein::contract::liars {

/// C1: loses the last byte of full chunks.
struct loses_a_byte : base {
  using base::base;
  bytes read(connection& from) {
    const bytes chunk = base::read(from);
    return chunk.size() > 1 ? chunk.first(chunk.size() - 1) : chunk;
  }
};

/// C1: flips a bit, once in a while.
struct flips_a_bit : base {
  using base::base;
  bytes read(connection& from) {
    const bytes chunk = base::read(from);
    if (chunk.empty() || ++chunks_ % 16 != 0) return chunk;
    changed_.assign(chunk.begin(), chunk.end());
    changed_.back() ^= std::byte{1};
    return changed_;
  }

 private:
  int chunks_ = 0;
  std::vector<std::byte> changed_;
};

/// C1: takes the last bytes for the end of the stream.
struct loses_the_last_chunk : base {
  using base::base;
  bytes read(connection& from) {
    const bytes chunk = base::read(from);
    return chunk.size() < 64 ? bytes() : chunk;
  }
};

/// C1: repeats old bytes where a connection was reset.
struct repeats_bytes_at_a_reset : base {
  using base::base;
  bytes read(connection& from) {
    const bytes chunk = base::read(from);
    return chunk.empty() && from.error() == ECONNRESET ? bytes(old_) : chunk;
  }

 private:
  std::array<std::byte, 8> old_{};
};

/// C2: hands over the first half and says it was all.
struct writes_half : base {
  using base::base;
  bool write(connection& to, bytes data) { return base::write(to, data.first(data.size() / 2)); }
};

/// C2: never admits a failed write.
struct denies_failed_writes : base {
  using base::base;
  bool write(connection& to, bytes data) {
    base::write(to, data);
    return true;
  }
};

/// C3: own buffers that are not.
struct shares_own_buffers : base {
  explicit shares_own_buffers(const scheduler_options& options) : base(lent(options)) {}

 private:
  static scheduler_options lent(scheduler_options options) {
    options.buffer = buffer_policy::lent;
    return options;
  }
};

/// C4: refuses to write while a read is pending.
struct takes_turns : base {
  using base::base;
  bytes read(connection& from) {
    reading_.insert(&from);
    const bytes chunk = base::read(from);
    reading_.erase(&from);
    return chunk;
  }
  bool write(connection& to, bytes data) {
    return !reading_.contains(&to) && base::write(to, data);
  }

 private:
  std::set<connection*> reading_;
};

/// C1: forgets what came while its task slept.
struct forgets_what_came_asleep : base {
  using base::base;
  using base::sleep_until;
  connection* accept(listener& from) { return last_ = base::accept(from); }
  wake sleep_until(time_ns deadline_ns) {
    const wake how = base::sleep_until(deadline_ns);
    std::array<std::byte, 64> eaten;
    if (last_ != nullptr) ::recv(last_->descriptor, eaten.data(), eaten.size(), MSG_DONTWAIT);
    return how;
  }
  void close(connection& closed) {
    last_ = nullptr;
    base::close(closed);
  }

 private:
  connection* last_ = nullptr;
};

/// C2: fails a write of nothing.
struct fails_empty_writes : base {
  using base::base;
  bool write(connection& to, bytes data) { return base::write(to, data) && !data.empty(); }
};

/// C2: takes the peer's end for the end of the connection.
struct writes_to_nobody_who_has_finished : base {
  using base::base;
  bytes read(connection& from) {
    const bytes chunk = base::read(from);
    if (chunk.empty()) base::cancel(from);
    return chunk;
  }
};

/// C4: loses what comes to a reader while a write of the connection is pending.
struct loses_bytes_beside_a_write : base {
  using base::base;
  bytes read(connection& from) {
    bytes chunk = base::read(from);
    while (!chunk.empty() && writing_.contains(&from)) chunk = base::read(from);
    return chunk;
  }
  bool write(connection& to, bytes data) {
    writing_.insert(&to);
    const bool written = base::write(to, data);
    writing_.erase(&to);
    return written;
  }

 private:
  std::set<connection*> writing_;
};

}  // namespace skein::contract::liars
