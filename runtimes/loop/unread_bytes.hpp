// Bytes that were received while nobody read, by slot. They are copies, so that no connection
// withholds a buffer of the ring from the others.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <unordered_map>
#include <vector>

namespace skein {

class unread_bytes {
 public:
  /// Appends to the slot's bytes. Returns how many there are then, including those read since the
  /// first was kept.
  std::size_t keep(std::uint32_t slot, std::span<const std::byte> chunk) {
    std::vector<std::byte>& data = kept_[slot].data;
    data.insert(data.end(), chunk.begin(), chunk.end());
    return data.size();
  }

  struct taken {
    std::size_t size_bytes;
    bool all;  ///< true when the slot has none left
  };
  /// Moves as much as fits into `into`; the slot must have some.
  taken take(std::uint32_t slot, std::span<std::byte> into) {
    const auto found = kept_.find(slot);
    rest& from = found->second;
    const std::size_t size_bytes = std::min(from.data.size() - from.begin, into.size());
    std::memcpy(into.data(), from.data.data() + from.begin, size_bytes);
    from.begin += size_bytes;
    const bool all = from.begin == from.data.size();
    if (all) kept_.erase(found);
    return {size_bytes, all};
  }

  void drop(std::uint32_t slot) noexcept { kept_.erase(slot); }

 private:
  /// The unread bytes are [begin, size).
  struct rest {
    std::vector<std::byte> data;
    std::size_t begin = 0;
  };
  std::unordered_map<std::uint32_t, rest> kept_;
};

}  // namespace skein
