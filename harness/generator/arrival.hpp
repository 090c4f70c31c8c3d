// When each request of an open-loop run is meant to be sent, and on which connection. The sequence
// is a function of (seed, rate, kind, active) alone, so every runtime is offered the same load,
// however it copes. Leaves out sending: a late request is a matter of load.cpp.
#pragma once

#include <cassert>
#include <cmath>
#include <cstdint>

#include "harness/generator/random.hpp"
#include "harness/protocol/load_mode.hpp"
#include "runtimes/clock.hpp"

namespace skein::generator {

using protocol::arrival_kind;

struct arrival {
  time_ns offset_ns;  ///< intended send time, since the load began
  std::uint32_t connection;
};

/// One global schedule, computed while it is consumed; offsets never decrease. Gaps are exponential
/// with mean 1/rate (poisson) or all equal (uniform). The connection is uniform over the first
/// `active`. Times and connections come from separate streams, so both kinds visit the same
/// connections.
class arrival_schedule {
 public:
  arrival_schedule(arrival_kind kind, double rate_per_s, std::uint64_t seed, std::uint32_t active)
      : kind_(kind),
        mean_gap_ns_(static_cast<double>(ns_per_s) / rate_per_s),
        gaps_(seed, 1),
        connections_(seed, 2),
        active_(active) {
    assert(rate_per_s > 0 && active > 0);
  }

  arrival next() {
    advance();
    return {static_cast<time_ns>(elapsed_ns_), connections_.below(active_)};
  }

 private:
  void advance() {
    if (kind_ == arrival_kind::uniform) {
      // A product, not a sum, so that no rounding error adds up over a long run.
      elapsed_ns_ = mean_gap_ns_ * static_cast<double>(index_++);
    } else {
      elapsed_ns_ -= mean_gap_ns_ * std::log(gaps_.unit());
    }
  }

  arrival_kind kind_;
  double mean_gap_ns_;
  double elapsed_ns_ = 0;
  std::uint64_t index_ = 0;
  random_stream gaps_;
  random_stream connections_;
  std::uint32_t active_;
};

}  // namespace skein::generator
