// Shares of the connections, in whole connections.
#include "harness/cells/active.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "harness/cells/defaults.hpp"
#include "harness/cells/usage_error.hpp"

namespace skein::cells {
namespace {

/// The fewest and the most active connections of mode idle_heavy.
struct bounds {
  std::int64_t low;
  std::int64_t high;
};

bounds idle_heavy_bounds(std::int64_t connections) {
  return {(connections * defaults::least_percent_idle_heavy + 99) / 100,
          connections * defaults::most_percent_idle_heavy / 100};
}

}  // namespace

std::int64_t usual_active(std::string_view mode, std::int64_t connections,
                          std::int64_t closed_loop) {
  if (mode == "open") return connections;
  if (mode != "idle_heavy") return std::min(closed_loop, connections);
  const bounds allowed = idle_heavy_bounds(connections);
  const std::int64_t usual = (connections * defaults::active_percent_idle_heavy + 50) / 100;
  return std::max(std::min(usual, allowed.high), allowed.low);
}

void check_active(std::string_view mode, std::int64_t connections, std::int64_t active) {
  if (mode != "idle_heavy") return;
  const bounds allowed = idle_heavy_bounds(connections);
  if (active >= allowed.low && active <= allowed.high) return;
  if (allowed.high == 0) {
    throw usage_error(fmt::format(
        "--connections: {} are too few for mode idle_heavy, in which at most {} % are active",
        connections, defaults::most_percent_idle_heavy));
  }
  throw usage_error(fmt::format(
      "--active: {} of {} connections; mode idle_heavy takes {}-{} % of them, from {} to {}; "
      "use --mode open for more",
      active, connections, defaults::least_percent_idle_heavy, defaults::most_percent_idle_heavy,
      allowed.low, allowed.high));
}

}  // namespace skein::cells
