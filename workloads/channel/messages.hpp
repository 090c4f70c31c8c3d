// The messages of channel: who sends how many, and what must come out. A message says who sent it,
// and the how-manieth of that sender it is, so that its receiver can see whether the order is kept.
#pragma once

#include <cstddef>
#include <cstdint>

#include "workloads/parameters.hpp"
#include "workloads/program.hpp"
#include "workloads/values.hpp"

namespace skein::channel {

using parameters = workloads::parameters_of<cell>;

struct message {
  std::uint32_t sender;
  std::uint32_t number;  ///< from 0 on
};

constexpr std::size_t receiver_count(const cell& asked) noexcept {
  return static_cast<std::size_t>(asked.receivers);
}
constexpr std::size_t sender_count(const cell& asked) noexcept {
  return static_cast<std::size_t>(asked.senders);
}

/// How many messages a sender has: as many as the others, or one more.
constexpr std::uint32_t messages_of(const cell& asked, std::size_t sender) noexcept {
  const auto all = static_cast<std::size_t>(asked.messages);
  const std::size_t more = sender < all % sender_count(asked) ? 1 : 0;
  return static_cast<std::uint32_t>(all / sender_count(asked) + more);
}

/// Which of all messages it is, from 0 on.
constexpr std::size_t index_of(const cell& asked, message sent) noexcept {
  return sent.sender + sent.number * sender_count(asked);
}

/// The oracle: messages, and the sum of what they give.
inline workloads::work_counts expected(const parameters& asked) {
  workloads::work_counts counts;
  counts.units = static_cast<std::uint64_t>(asked.messages);
  counts.checksum = workloads::sum_of_values(asked.seed, counts.units);
  return counts;
}

}  // namespace skein::channel
