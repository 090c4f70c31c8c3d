// Which loopback addresses connections can be made from. Nearly everywhere that is all of
// 127.0.0.0/8, but a namespace may have only 127.0.0.1, or lo may be down.
#pragma once

#include <cstdint>
#include <optional>

namespace skein::measure {

/// How many of 127.0.0.1, 127.0.0.2, ... can be connected from: counted one after the other, up to
/// the first that cannot, and at most `wanted`. Makes as many connections to a socket of its own.
/// Empty where the reason for a failure was not the address, such as a lack of descriptors or
/// ports.
std::optional<std::int64_t> usable_loopback_addresses(std::int64_t wanted);

}  // namespace skein::measure
