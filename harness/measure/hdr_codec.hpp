// HdrHistogram's V2 compressed payload, base64: the form in which a record stores a histogram and
// other tools read it. Leaves out exact min and max, overflow and early firings, for which the
// format has no place (distribution.hpp restores them from their own fields).
#pragma once

#include <string>
#include <string_view>

#include "histogram/histogram.hpp"

namespace skein::measure {

/// Counts as ZigZag LEB128 behind a 40-byte header, deflated, base64.
/// Throws std::runtime_error when zlib fails (out of memory).
std::string encode_hdr(const histogram& source);

/// The way back. Reads any V2 payload with 3 significant digits and a lowest value of 1, whatever
/// its highest value, if its counts fit this layout. min and max are then known to bucket width.
/// Throws std::runtime_error, which says what is wrong with the payload.
histogram decode_hdr(std::string_view payload);

}  // namespace skein::measure
