// The commands of the generator protocol as types, checked once as they arrive. Leaves out the
// replies: they are built where their values are.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "harness/generator/arrival.hpp"
#include "harness/measure/json.hpp"
#include "harness/protocol/load_mode.hpp"
#include "runtimes/clock.hpp"

namespace skein::generator {

using measure::json;

/// An IPv4 address as a number, in the host's byte order.
using ipv4 = std::uint32_t;
inline constexpr ipv4 loopback_address = 0x7f000001;  // 127.0.0.1
inline constexpr ipv4 any_address = 0;

/// The same in dotted form.
std::string text_of(ipv4 address);

/// What all connections and loads of a session share.
struct prepare_request {
  std::uint16_t port;
  std::uint32_t connections;  ///< at most this many will be opened
  std::uint32_t active;       ///< the first of them, which carry requests
  std::uint32_t payload_bytes;
  std::uint64_t seed;
  std::uint32_t addresses;        ///< client addresses, one after the other from the first
  std::int64_t handler_work = 0;  ///< steps that the server takes on each request
  ipv4 server = loopback_address;
  /// Any: connections come from whichever address the host takes.
  ipv4 first_address = loopback_address;
  /// Connects under way at once: no more than the server's backlog. Empty: by this host's.
  std::optional<std::uint32_t> pending = {};
  /// Connections are closed in good order, where a reset may be lost and the server's end would
  /// stay open for ever. Their ports then stay behind for a minute.
  bool in_order = false;
  /// Where the generator pins itself; empty: it stays where it was started.
  std::vector<int> cpus = {};
  bool cpus_are_asked_for = false;  ///< and not merely usual
};

/// What was asked for cannot be on this host, and a person must ask for something else. The message
/// says what.
class refusal : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

using protocol::is_scheduled;
using protocol::load_mode;

/// One load. Times are since its beginning.
struct load_request {
  load_mode mode;
  double rate_per_s;  ///< scheduled modes only
  arrival_kind arrival;
  time_ns warmup_ns;
  std::uint64_t warmup_requests;
  time_ns duration_ns;                    ///< of the window; not used where `requests` is given
  std::optional<std::uint64_t> requests;  ///< completions that end the window
  /// The most requests in flight on one connection. Scheduled modes: later requests wait, with
  /// their intended time unchanged; empty is no bound, and 1 is what most clients do. Mode fixed:
  /// how many are sent in a row; empty is 1.
  std::optional<std::uint32_t> pipeline;
  std::uint32_t in_flight = 0;  ///< once: the most requests without a reply at any time
};

/// Each throws std::invalid_argument naming the field that is missing, of the wrong type or out of
/// range, and what it may be.
prepare_request parse_prepare(const json& message);
load_request parse_load(const json& message, std::uint32_t active);
/// The total number of connections asked for.
std::uint32_t parse_connect(const json& message, std::uint32_t planned);

}  // namespace skein::generator
