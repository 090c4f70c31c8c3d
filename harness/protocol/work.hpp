// The work of a run, as its two sides agree on it.
#pragma once

#include <cstdint>
#include <string>

namespace skein::protocol {

/// Of the whole run, warm-up included. Checksums are text: 16 hex digits (protocol.hpp).
struct work_done {
  std::int64_t units = 0;
  std::int64_t bytes = 0;
  std::string checksum;
  std::string expected_checksum;

  template <typename Self, typename Visit>
  static void for_each_field(Self& of, Visit&& visit) {
    visit("units", of.units);
    visit("bytes", of.bytes);
    visit("checksum", of.checksum);
    visit("expected_checksum", of.expected_checksum);
  }
};

}  // namespace skein::protocol
