// Which of 4,096 slots hold something: a bit for each, and a bit for each word of them, so that the
// next occupied slot is found in at most three words, however far it is.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <optional>

namespace skein {

class slot_set {
 public:
  static constexpr unsigned slots = 64 * 64;

  void add(unsigned slot) noexcept {
    words_[slot / 64] |= bit(slot % 64);
    summary_ |= bit(slot / 64);
  }

  void remove(unsigned slot) noexcept {
    words_[slot / 64] &= ~bit(slot % 64);
    if (words_[slot / 64] == 0) summary_ &= ~bit(slot / 64);
  }

  /// How many slots further than `from` the first occupied one is, going round: 0 to 4,095.
  std::optional<unsigned> distance_from(unsigned from) const noexcept {
    const unsigned word = from / 64;
    if (const auto rest = words_[word] & ~below(from % 64)) {
      return static_cast<unsigned>(std::countr_zero(rest)) - from % 64;
    }
    const std::uint64_t behind =
        below(word) | bit(word);  // this word too: its lower bits come last
    std::uint64_t chosen = summary_ & ~behind;
    if (chosen == 0) chosen = summary_ & behind;
    if (chosen == 0) return std::nullopt;
    const auto next = static_cast<unsigned>(std::countr_zero(chosen));
    const unsigned slot = next * 64 + static_cast<unsigned>(std::countr_zero(words_[next]));
    return (slot - from) % slots;
  }

 private:
  static constexpr std::uint64_t bit(unsigned at) noexcept { return std::uint64_t{1} << at; }
  static constexpr std::uint64_t below(unsigned at) noexcept { return bit(at) - 1; }

  std::array<std::uint64_t, slots / 64> words_{};
  std::uint64_t summary_ = 0;
};

}  // namespace skein
