// The commands of the generator protocol as types, checked once as they arrive. Leaves out the
// replies: they are built where their values are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "harness/generator/arrival.hpp"
#include "harness/measure/json.hpp"
#include "harness/protocol/load_mode.hpp"
#include "runtimes/clock.hpp"

namespace skein::generator {

using measure::json;

/// What all connections and loads of a session share.
struct prepare_request {
  std::uint16_t port;
  std::uint32_t connections;  ///< at most this many will be opened
  std::uint32_t active;       ///< the first of them, which carry requests
  std::uint32_t payload_bytes;
  std::uint64_t seed;
  std::uint32_t addresses;        ///< client addresses 127.0.0.1 .. 127.0.0.<addresses>
  std::int64_t handler_work = 0;  ///< steps that the server takes on each request
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
