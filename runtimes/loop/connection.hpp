// A connection of the event loops, and the table that owns them.
//
// A connection is a slot and a generation. Events carry both, so an event that was queued for a
// closed connection cannot reach the next user of its descriptor. Slots live in chunks and never
// move. A closed slot is reused only after the event batch in which it was closed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "runtimes/op.hpp"

namespace skein {

struct connection {
  int descriptor = -1;
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
  std::uint16_t error_number = 0;
  bool readable : 1 = true;     ///< a read is worth trying: not drained since the last event
  bool ending : 1 = false;      ///< the peer hung up: short reads prove nothing any more
  bool has_unsent : 1 = false;  ///< the loop keeps what the kernel has not taken of a write
  // Used by a completion loop only:
  bool has_unread : 1 = false;  ///< the loop keeps bytes that came while nobody was reading
  bool receiving : 1 = false;   ///< the kernel has a receive that has not had its last completion
  bool sending : 1 = false;     ///< likewise a send
  bool ending_receive : 1 = false;  ///< the receive has been cancelled
  bool unproven : 1 = false;        ///< drained, and a reset before that may have gone unreported
  union {
    op* reader = nullptr;     ///< the pending read, if any (at most one: C4)
    connection* next_unused;  ///< in a slot without a connection: the next such slot
  };
  op* writer = nullptr;  ///< the pending write, if any

  /// 0 after an orderly end of stream, ECANCELED after cancel, else the errno that ended it.
  int error() const noexcept { return error_number; }
  bool open() const noexcept { return descriptor >= 0; }
  /// True while the kernel may still report something for it.
  bool in_flight() const noexcept { return receiving || sending; }
};

static_assert(sizeof(connection) == 32, "a connection is part of every user-memory figure");

class connection_table {
 public:
  connection_table() = default;
  connection_table(const connection_table&) = delete;
  connection_table& operator=(const connection_table&) = delete;

  /// A fresh slot for `descriptor`, with a generation its last user did not have.
  connection& open(int descriptor);

  /// The connection an event is for, or null if it has been closed since.
  connection* find(std::uint32_t slot, std::uint32_t generation) noexcept {
    connection& found = at(slot);
    return found.open() && found.generation == generation ? &found : nullptr;
  }

  /// Ends the slot's current use. The slot itself is reused only after release_closed().
  void retire(connection& closed) noexcept {
    end(closed);
    recycle(closed);
  }
  /// The two halves of retire, for a loop whose kernel may still report something for a closed
  /// connection: end() ends the connection, recycle() frees its slot.
  void end(connection& closed) noexcept;
  void recycle(connection& closed) noexcept;
  void release_closed() noexcept;

  std::size_t live() const noexcept { return live_; }
  std::uint32_t slots() const noexcept {
    return static_cast<std::uint32_t>(chunks_.size() * chunk_slots);
  }
  connection& at(std::uint32_t slot) noexcept {
    return chunks_[slot / chunk_slots][slot % chunk_slots];
  }

 private:
  static constexpr std::size_t chunk_slots = 128;
  /// Event tokens keep their top bit for other uses.
  static constexpr std::uint32_t generation_mask = 0x7fff'ffff;

  void add_chunk();

  std::vector<std::unique_ptr<connection[]>> chunks_;
  connection* free_ = nullptr;    ///< slots to use, linked through next_unused
  connection* closed_ = nullptr;  ///< slots closed in this event batch, likewise
  std::size_t live_ = 0;
};

}  // namespace skein
