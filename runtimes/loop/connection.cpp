#include "runtimes/loop/connection.hpp"

#include <cassert>

namespace skein {

connection& connection_table::open(int descriptor) {
  if (free_.empty()) {
    if (used_ == chunks_.size() * chunk_slots) {
      chunks_.push_back(std::make_unique<connection[]>(chunk_slots));
      // retire() must not allocate: room for every slot there is.
      closed_.reserve(chunks_.size() * chunk_slots);
      free_.reserve(chunks_.size() * chunk_slots);
    }
    free_.push_back(static_cast<std::uint32_t>(used_++));
  }
  const std::uint32_t slot = free_.back();
  free_.pop_back();
  connection& opened = at(slot);
  const std::uint32_t generation = (opened.generation + 1) & generation_mask;
  opened = connection{};
  opened.descriptor = descriptor;
  opened.slot = slot;
  opened.generation = generation;
  ++live_;
  return opened;
}

void connection_table::retire(connection& closed) noexcept {
  assert(closed.open() && "a connection is closed once");
  closed.descriptor = -1;
  closed_.push_back(closed.slot);
  --live_;
}

void connection_table::release_closed() {
  free_.insert(free_.end(), closed_.begin(), closed_.end());
  closed_.clear();
}

}  // namespace skein
