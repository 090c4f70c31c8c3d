// Liars about the bytes of a connection: C1 to C4.
#pragma once

#include <array>
#include <cerrno>
#include <set>
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

}  // namespace skein::contract::liars
