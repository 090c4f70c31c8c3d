#include "runtimes/loop/connection.hpp"

#include <cassert>

namespace skein {

connection& connection_table::open(int descriptor) {
  if (free_ == nullptr) add_chunk();
  connection& opened = *free_;
  free_ = opened.next_unused;
  const std::uint32_t slot = opened.slot;
  const std::uint32_t generation = (opened.generation + 1) & generation_mask;
  opened = connection{};
  opened.descriptor = descriptor;
  opened.slot = slot;
  opened.generation = generation;
  ++live_;
  return opened;
}

/// Adds slots, numbered on from the last chunk's, and to be used in that order.
void connection_table::add_chunk() {
  const std::size_t first = chunks_.size() * chunk_slots;
  chunks_.push_back(std::make_unique<connection[]>(chunk_slots));
  for (std::size_t i = chunk_slots; i-- > 0;) {
    connection& added = chunks_.back()[i];
    added.slot = static_cast<std::uint32_t>(first + i);
    added.next_unused = free_;
    free_ = &added;
  }
}

void connection_table::end(connection& closed) noexcept {
  assert(closed.open() && "a connection is closed once");
  closed.descriptor = -1;
  --live_;
}

void connection_table::recycle(connection& closed) noexcept {
  closed.next_unused = closed_;
  closed_ = &closed;
}

void connection_table::release_closed() noexcept {
  while (closed_ != nullptr) {
    connection& reusable = *closed_;
    closed_ = reusable.next_unused;
    reusable.next_unused = free_;
    free_ = &reusable;
  }
}

}  // namespace skein
