// The work of a run, as its two sides agree on it.
#pragma once

#include <cstdint>
#include <string>

#include "harness/measure/fields.hpp"

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

/// How evenly something was shared out among tasks, which the workload names (its README.md).
struct shared_out {
  std::int64_t least = 0;
  std::int64_t most = 0;

  template <typename Self, typename Visit>
  static void for_each_field(Self& of, Visit&& visit) {
    visit("least", of.least);
    visit("most", of.most);
  }
};

/// What a task did that computes while others wait (workload hog).
struct hog_done {
  std::int64_t took_ns = 0;  ///< from its first step to its last
  std::int64_t yields = 0;

  template <typename Self, typename Visit>
  static void for_each_field(Self& of, Visit&& visit) {
    visit("took_ns", of.took_ns, measure::recorded::unless_counted);
    visit("yields", of.yields);
  }
};

}  // namespace skein::protocol
