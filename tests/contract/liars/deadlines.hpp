// Liars about reads that give up: W9.
#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "tests/contract/liars/base.hpp"

namespace skein::contract::liars {

/// W9: the deadline of a read that got its bytes ends the connection's next one.
struct leaves_a_deadline : base {
  using base::base;
  std::optional<bytes> read(connection& from, time_ns deadline_ns) {
    left_[&from] = deadline_ns;
    return base::read(from, deadline_ns);
  }
  bytes read(connection& from) {
    const auto left = left_.extract(&from);
    if (left.empty()) return base::read(from);
    return base::read(from, left.mapped()).value_or(bytes());
  }

 private:
  std::map<connection*, time_ns> left_;
};

/// W9: does not wait as long as it was asked to.
struct gives_up_early : base {
  using base::base;
  using base::read;
  std::optional<bytes> read(connection& from, time_ns deadline_ns) {
    return base::read(from, deadline_ns - 3 * ns_per_ms);
  }
};

/// W9: waits for bytes, whatever the time.
struct never_gives_up : base {
  using base::base;
  using base::read;
  std::optional<bytes> read(connection& from, time_ns) { return base::read(from); }
};

/// W9: takes bytes, and says that none came in time.
struct drops_bytes_at_the_deadline : base {
  using base::base;
  using base::read;
  std::optional<bytes> read(connection& from, time_ns deadline_ns) {
    const auto chunk = base::read(from, deadline_ns);
    const bool late = monotonic_clock::now_ns() + ns_per_ms / 2 >= deadline_ns;
    return late ? std::nullopt : chunk;
  }
};

/// W9: says that nothing came once the deadline has passed, and keeps what did for the next read of
/// its one connection.
struct gives_up_what_came_in_time : base {
  using base::base;
  std::optional<bytes> read(connection& from, time_ns deadline_ns) {
    if (!kept_.empty()) return given();
    const auto chunk = base::read(from, deadline_ns);
    if (!chunk || monotonic_clock::now_ns() < deadline_ns) return chunk;
    kept_.assign(chunk->begin(), chunk->end());
    return std::nullopt;
  }
  bytes read(connection& from) { return kept_.empty() ? base::read(from) : given(); }

 private:
  bytes given() {
    given_ = std::exchange(kept_, {});
    return given_;
  }

  std::vector<std::byte> kept_;
  std::vector<std::byte> given_;
};

/// W9: does not know that a chunk is on its way.
struct denies_what_has_come : callback_base {
  using callback_base::callback_base;
  bool has_come(const connection&) const { return false; }
};

/// W9: calls whoever's timer was taken back.
struct forgets_to_withdraw : callback_base {
  using callback_base::callback_base;
  void withdraw(timer&) {}
};

/// W9: a read with a deadline is not cancelled.
struct takes_cancel_for_the_deadline : base {
  using base::base;
  using base::read;
  std::optional<bytes> read(connection& from, time_ns deadline_ns) {
    const auto chunk = base::read(from, deadline_ns);
    return chunk && chunk->empty() ? std::nullopt : chunk;
  }
};

}  // namespace skein::contract::liars
