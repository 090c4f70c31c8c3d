// Hand-written because the rules are our own: a duration needs a unit, a size may leave it out.
#include "harness/cells/units.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "harness/cells/usage_error.hpp"

namespace skein::cells {
namespace {

struct unit {
  std::string_view name;
  std::int64_t scale;
};

constexpr std::array durations{
    unit{"ns", 1},         unit{"us", ns_per_us},     unit{"ms", ns_per_ms},
    unit{"s", ns_per_s},   unit{"m", 60 * ns_per_s},  unit{"h", 3600 * ns_per_s},
    unit{"µs", ns_per_us}, unit{"min", 60 * ns_per_s}};
constexpr std::array sizes{unit{"B", 1}, unit{"KiB", 1 << 10}, unit{"MiB", 1 << 20},
                           unit{"GiB", 1 << 30}};
constexpr std::array counts{unit{"k", 1'000}, unit{"M", 1'000'000}};

struct quantity {
  double value;
  std::string_view unit;
};

std::string_view without_blanks(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(' '), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

bool is_digit(char letter) noexcept {
  return letter >= '0' && letter <= '9';
}

/// Digits, with `_` and at most one point in it, each between two digits, and no `_` behind the
/// point.
bool is_number(std::string_view text) noexcept {
  bool behind_point = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_digit(text[i])) continue;
    const bool between =
        i > 0 && i + 1 < text.size() && is_digit(text[i - 1]) && is_digit(text[i + 1]);
    if (!between || behind_point) return false;
    behind_point = text[i] == '.';
  }
  return !text.empty();
}

/// A number, and the unit behind it. Blanks may stand around both.
bool split_quantity(std::string_view text, quantity& result) {
  text = without_blanks(text);
  const std::size_t end = std::min(text.find_first_not_of("0123456789._"), text.size());
  std::string digits(text.substr(0, end));
  if (!is_number(digits)) return false;
  std::erase(digits, '_');
  const char* const last = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), last, result.value);
  result.unit = without_blanks(text.substr(end));
  return error == std::errc{} && stop == last;
}

template <std::size_t Size>
const unit* find_unit(const std::array<unit, Size>& units, std::string_view name) {
  const auto* const found =
      std::find_if(units.begin(), units.end(), [&](const unit& each) { return each.name == name; });
  return found == units.end() ? nullptr : found;
}

[[noreturn]] void refuse(std::string_view text, std::string_view remedy) {
  throw usage_error("'" + std::string(text) + "' " + std::string(remedy));
}

/// A number beyond 64 bits becomes the largest one; the caller then reports its own bound.
std::int64_t whole(double value, std::int64_t scale, std::string_view text) {
  const double scaled = value * static_cast<double>(scale);
  if (scaled > 9.2e18) return std::numeric_limits<std::int64_t>::max();
  const double rounded = std::round(scaled);
  // A product of two doubles is off by two epsilons at most.
  constexpr double off = 4 * std::numeric_limits<double>::epsilon();
  if (std::abs(scaled - rounded) > off * std::max(1.0, rounded)) {
    refuse(text, "is not a whole number of the base unit");
  }
  return static_cast<std::int64_t>(rounded);
}

/// A scaled number with an optional unit.
double parse_plain(std::string_view text, std::string_view remedy) {
  quantity parsed{};
  if (!split_quantity(text, parsed)) refuse(text, remedy);
  if (parsed.unit.empty()) return parsed.value;
  const unit* const found = find_unit(counts, parsed.unit);
  if (found == nullptr) refuse(text, remedy);
  return parsed.value * static_cast<double>(found->scale);
}

template <std::size_t Size>
std::string format_with(const std::array<unit, Size>& units, std::int64_t value) {
  const unit* best = &units.front();
  for (const unit& each : units) {
    if (value != 0 && value % each.scale == 0) best = &each;
  }
  return std::to_string(value / best->scale) + std::string(best->name);
}

int parse_cpu(std::string_view text) {
  int cpu = -1;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), cpu);
  if (error != std::errc{} || stop != text.data() + text.size() || cpu < 0 || cpu >= 1024) {
    refuse(text, "is not a CPU; write 0, 0-3 or 0,2");
  }
  return cpu;
}

std::pair<int, int> parse_cpu_range(std::string_view text) {
  const std::size_t dash = text.find('-');
  const int first = parse_cpu(text.substr(0, dash));
  const int last = dash == std::string_view::npos ? first : parse_cpu(text.substr(dash + 1));
  if (last < first) refuse(text, "runs backwards; write the lower CPU first");
  return {first, last};
}

}  // namespace

time_ns parse_duration(std::string_view text) {
  constexpr std::string_view remedy =
      "is not a duration; write a number and its unit: 5s, 250ms, 100us or 1m";
  quantity parsed{};
  if (!split_quantity(text, parsed)) refuse(text, remedy);
  if (parsed.unit.empty()) refuse(text, "has no unit; write 5s, 250ms, 100us or 1m");
  const unit* const found = find_unit(durations, parsed.unit);
  if (found == nullptr) refuse(text, remedy);
  return whole(parsed.value, found->scale, text);
}

std::int64_t parse_size(std::string_view text) {
  constexpr std::string_view remedy = "is not a size; write 64, 64B, 16KiB or 2MiB";
  quantity parsed{};
  if (!split_quantity(text, parsed)) refuse(text, remedy);
  const unit* const found = parsed.unit.empty() ? &sizes.front() : find_unit(sizes, parsed.unit);
  if (found == nullptr) refuse(text, remedy);
  return whole(parsed.value, found->scale, text);
}

std::int64_t parse_count(std::string_view text) {
  constexpr std::string_view remedy = "is not a count; write 10000, 10_000, 10k or 1M";
  return whole(parse_plain(text, remedy), 1, text);
}

std::uint64_t parse_seed(std::string_view text) {
  std::string digits(text);
  const bool grouped_well = is_number(text);
  std::erase(digits, '_');
  std::uint64_t seed = 0;
  const char* const last = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), last, seed);
  if (!grouped_well || error != std::errc{} || stop != last) {
    refuse(text, "is not a seed; write a whole number from 0 to " +
                     std::to_string(std::numeric_limits<std::uint64_t>::max()));
  }
  return seed;
}

double parse_rate(std::string_view text) {
  constexpr std::string_view remedy = "is not a rate per second; write 20000, 20_000 or 20k";
  const double rate = parse_plain(text, remedy);
  if (!(rate > 0)) refuse(text, "is no rate: it must be above 0");
  return rate;
}

bool is_auto(std::string_view text) {
  return text.starts_with("auto");
}

double parse_auto_share(std::string_view text) {
  constexpr std::string_view remedy =
      "is not a share of saturation; write auto:60%, from above 0 to 200 %";
  constexpr double most_percent = 200;
  constexpr std::string_view prefix = "auto:";
  quantity parsed{};
  if (!text.starts_with(prefix) || !split_quantity(text.substr(prefix.size()), parsed) ||
      parsed.unit != "%" || !(parsed.value > 0) || parsed.value > most_percent) {
    refuse(text, remedy);
  }
  return parsed.value / 100;
}

std::vector<int> parse_cpus(std::string_view text) {
  std::vector<int> cpus;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const auto [first, last] = parse_cpu_range(text.substr(begin, end - begin));
    for (int cpu = first; cpu <= last; ++cpu) cpus.push_back(cpu);
    begin = end + 1;
  }
  std::sort(cpus.begin(), cpus.end());
  cpus.erase(std::unique(cpus.begin(), cpus.end()), cpus.end());
  return cpus;
}

std::string format_duration(time_ns duration_ns) {
  // Seconds are the largest unit: minutes and hours read worse in an id.
  constexpr std::array shown{durations[0], durations[1], durations[2], durations[3]};
  return duration_ns == 0 ? "0s" : format_with(shown, duration_ns);
}

std::string format_size(std::int64_t size_bytes) {
  return format_with(sizes, size_bytes);
}

std::string format_cpus(const std::vector<int>& cpus) {
  std::string text;
  for (std::size_t i = 0; i < cpus.size();) {
    std::size_t last = i;
    while (last + 1 < cpus.size() && cpus[last + 1] == cpus[last] + 1) ++last;
    if (!text.empty()) text += ',';
    text += std::to_string(cpus[i]);
    if (last > i) text += '-' + std::to_string(cpus[last]);
    i = last + 1;
  }
  return text;
}

}  // namespace skein::cells
