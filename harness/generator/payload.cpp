// The pool's contents and the slow path of the check: what exactly is wrong with a reply.
#include "harness/generator/payload.hpp"

#include <cassert>

namespace skein::generator {

payload_pool::payload_pool(std::uint64_t seed, std::size_t payload_bytes, std::int64_t steps)
    : payload_bytes_(payload_bytes),
      seed_key_(random_stream(seed, 3).next()),
      pool_(offsets + payload_bytes) {
  assert(payload_bytes > 0);
  assert(steps == 0 || payload_bytes >= c10k::work_word_bytes);
  if (steps > 0) worked_.emplace(steps);
  random_stream contents(seed, 4);
  for (std::byte& byte : pool_) {
    byte = static_cast<std::byte>(contents.next() >> 56U);
    content_ = mix64(content_ ^ static_cast<std::uint64_t>(byte));
  }
}

std::span<const std::byte> payload_pool::worked_reply(std::uint32_t offset,
                                                      std::vector<std::byte>& room) const {
  const auto request = bytes(offset);
  room.assign(request.begin(), request.end());
  std::uint32_t word;
  std::memcpy(&word, room.data(), sizeof word);
  word = (*worked_)(word);
  std::memcpy(room.data(), &word, sizeof word);
  return room;
}

verdict verify(std::span<const std::byte> expected, std::span<const std::byte> got,
               std::size_t position) noexcept {
  assert(expected.size() == got.size());
  if (std::memcmp(expected.data(), got.data(), got.size()) == 0) return {};
  verdict found;
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (expected[i] == got[i]) continue;
    ++found.wrong_bytes;
    const std::uint64_t byte = static_cast<std::uint64_t>(got[i]);
    found.damage += mix64(((position + i) << 8U) + byte + 1);
  }
  return found;
}

}  // namespace skein::generator
