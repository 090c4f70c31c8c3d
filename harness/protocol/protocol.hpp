// What both ends of a control channel agree on beside the framing (harness/PROTOCOL.md).
#pragma once

#include <cstdint>
#include <string>

namespace skein::protocol {

inline constexpr int protocol_version = 1;

/// 16 hex digits: a checksum does not fit a JSON number everywhere.
std::string hex_checksum(std::uint64_t checksum);

}  // namespace skein::protocol
