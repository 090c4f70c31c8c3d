// One host's end of a network: its interface as it is set up, and what its counters rose by. Leaves
// out judging it, and the way between two hosts but for its round trip.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/measure/fields.hpp"
#include "harness/measure/proc_file.hpp"
#include "runtimes/clock.hpp"

namespace skein::measure {

/// How an interface is set up. Empty: not known.
struct network_end {
  std::optional<std::string> interface;
  std::optional<std::int64_t> mtu;
  std::vector<std::string> offloads;  ///< those that are on, by ethtool's names: tso, gso, gro, ...
  std::optional<std::string> congestion_control;

  template <typename Self, typename Visit>
  static void for_each_field(Self& of, Visit&& visit) {
    visit("interface", of.interface);
    visit("mtu", of.mtu);
    visit("offloads", of.offloads);
    visit("congestion_control", of.congestion_control);
  }
};

/// The interface that has this IPv4 address ("10.0.0.1").
network_end read_network_end(const std::string& address);

/// Totals of a host, or of its network namespace. A total is of all that it does: TCP does not
/// count by interface.
struct network_counts {
  std::optional<std::int64_t> retransmitted;  ///< TCP segments that were sent again
  std::optional<std::int64_t> dropped;        ///< packets that the interface dropped, both ways
  std::optional<std::int64_t> link_changes;   ///< how often the interface lost or got its carrier

  template <typename Self, typename Visit>
  static void for_each_field(Self& of, Visit&& visit) {
    visit("retransmitted", of.retransmitted);
    visit("dropped", of.dropped);
    visit("link_changes", of.link_changes);
  }
};

network_counts read_network_counts(const std::optional<std::string>& interface,
                                   const system_paths& paths = {});

/// What they rose by.
network_counts network_between(const network_counts& begin, const network_counts& end);

/// Round trips as TCP has measured them, one for each of some connections. Empty: no connection.
struct round_trips {
  std::int64_t count = 0;
  std::optional<time_ns> min;
  std::optional<time_ns> p50;
  std::optional<time_ns> max;

  template <typename Self, typename Visit>
  static void for_each_field(Self& of, Visit&& visit) {
    visit("count", of.count);
    visit("min", of.min);
    visit("p50", of.p50);
    visit("max", of.max);
  }
};

/// Of connected TCP sockets; those of which the kernel knows none are left out.
round_trips read_round_trips(const std::vector<int>& sockets);

/// This machine's IPv4 addresses, in dotted form.
std::vector<std::string> own_addresses();

}  // namespace skein::measure
