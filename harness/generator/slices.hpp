// Latency over time: one small histogram for each 250 ms of the window, to see whether a run was
// steady. It is coarser than the run's histogram (values to within 0.8 %), so that a slice takes
// 16 KiB and nothing needs to be computed while load is sent. Leaves out the judgement of
// steadiness.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "runtimes/clock.hpp"

namespace skein::generator {

inline constexpr time_ns slice_ns = 250 * ns_per_ms;

struct slice_summary {
  time_ns t_ns;         ///< where the slice begins, since the window began
  time_ns duration_ns;  ///< shorter than slice_ns only for the last
  std::int64_t count;
  time_ns p50_ns;  ///< 0 when count is 0
  time_ns p99_ns;
};

/// Counts requests in the slice in which they were meant to be sent, whenever they completed. For
/// one thread.
class slice_series {
 public:
  /// Allocates the slices of a window of this length; a longer one grows as needed.
  explicit slice_series(time_ns expected_window_ns);

  /// @param intended_ns  since the window began, not negative
  void record(time_ns intended_ns, time_ns latency_ns);

  /// The slices of a window of `window_ns`, empty ones included.
  [[nodiscard]] std::vector<slice_summary> summarize(time_ns window_ns) const;

 private:
  static constexpr unsigned detail_bits = 7;
  static constexpr unsigned octaves = 37 - detail_bits;  // up to 2^37 ns, some 137 s
  struct slice {
    std::array<std::uint32_t, (octaves + 1) << detail_bits> counts{};
    std::int64_t count = 0;
    [[nodiscard]] time_ns percentile(double percent) const;
  };
  static std::size_t index_of(time_ns value_ns) noexcept;
  static time_ns highest_in(std::size_t index) noexcept;

  std::vector<slice> slices_;
};

}  // namespace skein::generator
