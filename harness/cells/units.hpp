// Numbers as people write them on a command line, and back: "250ms", "16KiB", "10_000", "0-3".
// Values are in base units (ns, bytes) and formatted only for output. Leaves out option names:
// whoever parses an option puts its name in front of the message.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtimes/clock.hpp"

namespace skein::cells {

/// The longest duration that an option takes: a day.
inline constexpr time_ns most_duration_ns = 24 * 3600 * ns_per_s;

// Each parser throws usage_error, which says what would have been right. The scripts read the same
// grammar (skein_scripts/base/units.py), and tests/quantities.json holds both parsers to it.

/// "5s", "250ms", "1.5s", "1m" or "1min", "1h", "100us", "50ns". A number without a unit is
/// refused.
time_ns parse_duration(std::string_view text);

/// "64", "64B", "16KiB", "2MiB", "1GiB".
std::int64_t parse_size(std::string_view text);

/// "10000", "10_000", "10k", "1M". Not negative.
std::int64_t parse_count(std::string_view text);

/// An exact seed of 64 bits: "1", "18446744073709551615". Digits only, which may be grouped.
std::uint64_t parse_seed(std::string_view text);

/// A rate per second: as parse_count, with decimals ("0.5", "20k"). Above 0.
double parse_rate(std::string_view text);

/// "auto:60%": a share of saturation, as a fraction above 0 and at most 2 (an overload).
double parse_auto_share(std::string_view text);
/// Whether the text is meant to be such a share, well-formed or not.
bool is_auto(std::string_view text);

/// "0", "0-3", "0,2": CPUs in rising order, each once. Not empty.
std::vector<int> parse_cpus(std::string_view text);

/// The way back, exact: uses the largest unit that gives a whole number ("5s", "250ms", "1500ms").
std::string format_duration(time_ns duration_ns);
std::string format_size(std::int64_t size_bytes);
std::string format_cpus(const std::vector<int>& cpus);

}  // namespace skein::cells
