// The network that the load comes over, as it was asked for: where the worker listens, and which
// addresses the load generator, which a command starts on another host, connects from. Leaves out
// what is measured of it (record.hpp, `network`).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace skein::conductor {

/// Which ends of a cell's connections are on this machine: over a network only the server's.
enum class ends_here : std::uint8_t { both, servers };

/// Addresses one after the other, the first in dotted form.
struct address_range {
  std::string first;
  std::int64_t count = 1;
};

struct network_request {
  std::string name;    ///< what a person calls it: results over two networks are two cells
  std::string listen;  ///< the worker's address, in dotted form
  /// Of each load generator; empty: whichever its host takes.
  std::vector<address_range> clients;
};

/// From the values of --network, --listen and --generator-addresses ("10.0.0.2-10.0.0.9", or one,
/// for each generator, or none). Throws usage_error, which says what would be right, for what is no
/// such value, and for an address to listen on that this machine does not have.
network_request network_from(const std::string& name, const std::string& listen,
                             const std::vector<std::string>& addresses);

}  // namespace skein::conductor
