// Which loopback addresses connections can be made from: nearly everywhere all of 127.0.0.0/8, but
// a namespace may have 127.0.0.1 alone, or lo down.
#pragma once

#include <cstdint>
#include <optional>

namespace skein::measure {

/// How many of 127.0.0.1, 127.0.0.2, ... can be connected from, one after the other, up to the
/// first that cannot; at most `wanted`. Makes so many connections to a socket of its own. Empty
/// where something else than an address stood in the way, such as want of descriptors or ports.
std::optional<std::int64_t> usable_loopback_addresses(std::int64_t wanted);

}  // namespace skein::measure
