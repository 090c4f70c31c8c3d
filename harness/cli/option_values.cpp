#include "harness/cli/option_values.hpp"

#include <fmt/format.h>

#include "harness/cells/nearest.hpp"
#include "harness/cells/units.hpp"
#include "harness/cli/commands.hpp"

namespace skein::cli {
namespace {

using cells::format_duration;
using cells::format_size;
using cells::parse_count;
using cells::parse_duration;
using cells::parse_size;
using cells::require_known;

/// Quotes the option's text where there is one, because the number may not fit 64 bits.
std::int64_t bounded(const char* option, const std::string& text, std::int64_t value,
                     std::int64_t low, std::int64_t high, std::string (*shown)(std::int64_t)) {
  if (value >= low && value <= high) return value;
  throw usage_error(fmt::format("{}: {} is out of bounds; from {} to {}", option,
                                text.empty() ? shown(value) : text, shown(low), shown(high)));
}

}  // namespace

std::int64_t count_or(const char* option, const std::string& text, std::int64_t otherwise,
                      std::int64_t low, std::int64_t high) {
  const std::int64_t value = text.empty() ? otherwise : parsed(option, text, parse_count);
  return bounded(option, text, value, low, high,
                 [](std::int64_t count) { return std::to_string(count); });
}

std::int64_t size_or(const char* option, const std::string& text, std::int64_t otherwise,
                     std::int64_t low, std::int64_t high) {
  const std::int64_t value = text.empty() ? otherwise : parsed(option, text, parse_size);
  return bounded(option, text, value, low, high, format_size);
}

time_ns duration_or(const char* option, const std::string& text, time_ns otherwise, time_ns low) {
  const time_ns value = text.empty() ? otherwise : parsed(option, text, parse_duration);
  return bounded(option, text, value, low, cells::most_duration_ns, format_duration);
}

std::string choice_or(const char* kind, const std::string& text, const std::string& otherwise,
                      const std::vector<std::string>& valid) {
  if (text.empty()) return otherwise;
  require_known(kind, text, valid);
  return text;
}

void refuse_unless(bool applies, const char* option, const std::string& text, const char* when) {
  if (!applies && !text.empty()) {
    throw usage_error(fmt::format("{} applies to {} only", option, when));
  }
}

}  // namespace skein::cli
