// What the requests carry, and the check that the replies carry the same. Every payload is a piece
// of one pseudo-random pool, chosen by (seed, connection, sequence): sending needs only a pointer
// into the pool, and verifying one memcmp. Where handlers work, the reply's first word is what
// comes out of that. Leaves out framing: a reply is payload_bytes long because the request was.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

#include "harness/generator/handler_work.hpp"
#include "harness/generator/random.hpp"

namespace skein::generator {

/// The payloads of one session, and the oracle for its checksum. Immutable after construction.
class payload_pool {
 public:
  /// `steps`: of the work that is done on each request.
  payload_pool(std::uint64_t seed, std::size_t payload_bytes, std::int64_t steps = 0);

  [[nodiscard]] std::size_t payload_bytes() const noexcept { return payload_bytes_; }

  /// Where in the pool request `sequence` of `connection` begins. Neighbouring requests and
  /// connections get unrelated pieces, so a reply that is lost, doubled, out of order or on the
  /// wrong connection shows as wrong bytes (except with a probability of 2^-16 a request, or 2^-8
  /// for a payload of one byte).
  [[nodiscard]] std::uint32_t offset(std::uint32_t connection, std::uint32_t sequence) const {
    return static_cast<std::uint32_t>(key(connection, sequence) % offsets);
  }

  [[nodiscard]] std::span<const std::byte> bytes(std::uint32_t offset) const noexcept {
    return {pool_.data() + offset, payload_bytes_};
  }

  /// What the reply to that must be. It may lie in `room`.
  [[nodiscard]] std::span<const std::byte> reply(std::uint32_t offset,
                                                 std::vector<std::byte>& room) const {
    return worked_ ? worked_reply(offset, room) : bytes(offset);
  }

  /// What one request that was answered in full and correctly adds to the run's checksum: a hash of
  /// connection, sequence and payload. The run's checksum is the sum of these modulo 2^64, so the
  /// order in which requests complete does not matter.
  [[nodiscard]] std::uint64_t digest(std::uint32_t connection, std::uint32_t sequence) const {
    return mix64(key(connection, sequence) ^ content_);
  }

 private:
  std::span<const std::byte> worked_reply(std::uint32_t offset, std::vector<std::byte>& room) const;

  static constexpr std::size_t offsets = std::size_t{64} * 1024;

  [[nodiscard]] std::uint64_t key(std::uint32_t connection, std::uint32_t sequence) const {
    return mix64(seed_key_ + ((std::uint64_t{connection} << 32U) | sequence));
  }

  std::size_t payload_bytes_;
  std::uint64_t seed_key_;
  std::uint64_t content_ = 0;  ///< a hash of the whole pool
  std::vector<std::byte> pool_;
  std::optional<worked_words> worked_;
};

/// The outcome of comparing a piece of a reply with what it should be.
struct verdict {
  std::uint64_t wrong_bytes = 0;
  /// 0 when all bytes are equal; otherwise a hash of the wrong bytes and their positions. It is
  /// added to the checksum of the received bytes, which then differs from the expected one.
  std::uint64_t damage = 0;
};

/// Compares `got` with `expected` (of equal length). `position` is where in the reply they begin.
/// Equal pieces, the normal case, cost one memcmp.
verdict verify(std::span<const std::byte> expected, std::span<const std::byte> got,
               std::size_t position) noexcept;

}  // namespace skein::generator
