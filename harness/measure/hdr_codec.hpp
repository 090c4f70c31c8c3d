// HdrHistogram's V2 compressed payload, base64: what a record stores of a histogram, and what other
// tools read. Leaves out exact min and max, overflow and early firings, which the format has no
// place for (histogram_json.hpp restores them from their own fields).
#pragma once

#include <string>
#include <string_view>

#include "histogram/histogram.hpp"

namespace skein::measure {

/// Counts as ZigZag LEB128 behind a 40-byte header, deflated, base64.
/// Throws std::runtime_error when zlib fails (out of memory).
std::string encode_hdr(const histogram& source);

/// The way back. Reads any V2 payload with 3 significant digits and a lowest value of 1, whatever
/// its highest value, as long as its counts fit this layout; min and max are known to bucket width.
/// Throws std::runtime_error naming what is wrong with the payload.
histogram decode_hdr(std::string_view payload);

}  // namespace skein::measure
