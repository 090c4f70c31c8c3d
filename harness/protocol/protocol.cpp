#include "harness/protocol/protocol.hpp"

#include <fmt/format.h>

namespace skein::protocol {

std::string hex_checksum(std::uint64_t checksum) {
  return fmt::format("{:016x}", checksum);
}

}  // namespace skein::protocol
