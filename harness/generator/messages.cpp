// Field by field, with bounds: a command that makes no sense is refused before it is begun.
#include "harness/generator/messages.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <stdexcept>

namespace skein::generator {
namespace {

constexpr std::uint32_t max_payload_bytes = 16 * 1024 * 1024;
constexpr std::uint32_t max_connections = 4'000'000;
constexpr std::uint32_t max_addresses = 254;
constexpr time_ns max_time_ns = 24 * 3600 * ns_per_s;

[[noreturn]] void refuse(const char* field, const std::string& wanted, const json& message) {
  const auto found = message.find(field);
  const std::string got = found == message.end() ? "nothing" : measure::to_text(*found);
  throw std::invalid_argument(std::string(field) + " must be " + wanted + ", got " + got);
}

bool is_given(const json& message, const char* field) {
  const auto found = message.find(field);
  return found != message.end() && !found->is_null();
}

template <typename Integer>
Integer integer(const json& message, const char* field, Integer low, Integer high) {
  const auto found = message.find(field);
  // A negative number is not "unsigned" to the library, whatever its magnitude.
  if (found != message.end() && found->is_number_unsigned()) {
    const auto value = found->get<std::uint64_t>();
    if (value >= static_cast<std::uint64_t>(low) && value <= static_cast<std::uint64_t>(high)) {
      return static_cast<Integer>(value);
    }
  }
  refuse(field, "an integer from " + std::to_string(low) + " to " + std::to_string(high), message);
}

double rate(const json& message) {
  const auto found = message.find("rate_per_s");
  if (found != message.end() && found->is_number()) {
    const auto value = found->get<double>();
    if (value > 0 && value <= 1e9) return value;
  }
  refuse("rate_per_s", "a number above 0, at most 1e9, in modes open and idle_heavy", message);
}

constexpr std::array modes{load_mode::open, load_mode::idle_heavy, load_mode::fixed,
                           load_mode::churn, load_mode::once};

load_mode mode_from(const json& message) {
  const json word = message.value("mode", json());
  const auto* const found = std::find_if(modes.begin(), modes.end(),
                                         [&](load_mode each) { return word == name_of(each); });
  if (found != modes.end()) return *found;
  refuse("mode", R"("open", "idle_heavy", "fixed", "churn" or "once")", message);
}

/// True for the first of two allowed words, false for the second.
bool is_first(const json& message, const char* field, const char* first, const char* second) {
  const auto found = message.find(field);
  if (found != message.end() && *found == first) return true;
  if (found != message.end() && *found == second) return false;
  refuse(field, "\"" + std::string(first) + "\" or \"" + second + "\"", message);
}

}  // namespace

const char* name_of(load_mode mode) noexcept {
  switch (mode) {
    case load_mode::open:
      return "open";
    case load_mode::idle_heavy:
      return "idle_heavy";
    case load_mode::fixed:
      return "fixed";
    case load_mode::churn:
      return "churn";
    case load_mode::once:
      return "once";
  }
  return "unknown";
}

prepare_request parse_prepare(const json& message) {
  prepare_request plan{};
  plan.port = integer<std::uint16_t>(message, "port", 1, 65535);
  plan.connections = integer<std::uint32_t>(message, "connections", 1, max_connections);
  plan.active = integer<std::uint32_t>(message, "active", 0, plan.connections);
  plan.payload_bytes = integer<std::uint32_t>(message, "payload_bytes", 1, max_payload_bytes);
  plan.seed = integer<std::uint64_t>(message, "seed", 0, std::numeric_limits<std::uint64_t>::max());
  plan.addresses = integer<std::uint32_t>(message, "addresses", 1, max_addresses);
  return plan;
}

load_request parse_load(const json& message, std::uint32_t active) {
  constexpr auto any = std::numeric_limits<std::int64_t>::max();
  load_request load{};
  load.mode = mode_from(message);
  if (is_scheduled(load.mode)) {
    load.rate_per_s = rate(message);
    load.arrival = is_first(message, "arrival", "poisson", "uniform") ? arrival_kind::poisson
                                                                      : arrival_kind::uniform;
  }
  load.warmup_ns = integer<time_ns>(message, "warmup_ns", 0, max_time_ns);
  load.warmup_requests = integer<std::uint64_t>(message, "warmup_requests", 0, any);
  if (is_given(message, "requests")) {
    load.requests = integer<std::uint64_t>(message, "requests", 1, any);
  } else {
    load.duration_ns = integer<time_ns>(message, "duration_ns", 1, max_time_ns);
  }
  if (is_given(message, "pipeline")) {
    load.pipeline = integer<std::uint32_t>(message, "pipeline", 1, 1'000'000);
  }
  if (load.mode == load_mode::once) {
    load.in_flight = integer<std::uint32_t>(message, "in_flight", 1, max_connections);
  }
  if (active == 0) throw std::invalid_argument("load needs at least one active connection");
  return load;
}

std::uint32_t parse_connect(const json& message, std::uint32_t planned) {
  return integer<std::uint32_t>(message, "connections", 0, planned);
}

}  // namespace skein::generator
