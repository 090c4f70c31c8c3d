// Field by field, with bounds: a command that makes no sense is refused before it is begun.
#include "harness/generator/messages.hpp"

#include <arpa/inet.h>
#include <array>
#include <limits>
#include <netinet/in.h>
#include <stdexcept>
#include <string_view>

#include "harness/measure/fields.hpp"
#include "workloads/c10k/handler_work.hpp"

namespace skein::generator {
namespace {

constexpr std::uint32_t max_payload_bytes = 16 * 1024 * 1024;
constexpr std::int64_t max_handler_work = 1'000'000;
constexpr std::uint32_t max_connections = 4'000'000;
constexpr std::uint32_t max_addresses = 254;
constexpr std::uint64_t most_cpu = 1'000'000;
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

/// `otherwise` where the field is missing or null.
ipv4 address(const json& message, const char* field, ipv4 otherwise) {
  if (!is_given(message, field)) return otherwise;
  in_addr parsed{};
  const json& given = message.at(field);
  const bool is_one =
      given.is_string() &&
      ::inet_pton(AF_INET, given.get_ref<const std::string&>().c_str(), &parsed) == 1;
  if (!is_one) refuse(field, "an IPv4 address in dotted form", message);
  return ntohl(parsed.s_addr);
}

std::vector<int> cpus(const json& message) {
  if (!is_given(message, "cpus")) return {};
  std::vector<int> list;
  for (const json& each : message.at("cpus")) {
    if (!each.is_number_unsigned() || each.get<std::uint64_t>() > most_cpu) {
      refuse("cpus", "a list of CPU numbers", message);
    }
    list.push_back(each.get<int>());
  }
  return list;
}

template <typename Enum>
std::string quoted_words() {
  std::string list;
  for (const std::string_view word : words_of(Enum{})) {
    list += (list.empty() ? "\"" : ", \"") + std::string(word) + "\"";
  }
  return list;
}

template <typename Enum>
Enum word(const json& message, const char* field) {
  const json given = message.value(field, json());
  if (given.is_string()) {
    if (const auto found = measure::from_word<Enum>(given.get_ref<const std::string&>())) {
      return *found;
    }
  }
  refuse(field, "one of " + quoted_words<Enum>(), message);
}

}  // namespace

std::string text_of(ipv4 address) {
  const in_addr binary{htonl(address)};
  std::array<char, INET_ADDRSTRLEN> text{};
  ::inet_ntop(AF_INET, &binary, text.data(), sizeof text);
  return text.data();
}

prepare_request parse_prepare(const json& message) {
  prepare_request plan{};
  plan.port = integer<std::uint16_t>(message, "port", 1, 65535);
  plan.connections = integer<std::uint32_t>(message, "connections", 1, max_connections);
  plan.active = integer<std::uint32_t>(message, "active", 0, plan.connections);
  plan.payload_bytes = integer<std::uint32_t>(message, "payload_bytes", 1, max_payload_bytes);
  if (is_given(message, "handler_work")) {
    plan.handler_work = integer<std::int64_t>(message, "handler_work", 1, max_handler_work);
  }
  if (plan.handler_work > 0 && plan.payload_bytes < c10k::work_word_bytes) {
    refuse("payload_bytes", "enough for the handler's work", message);
  }
  plan.seed = integer<std::uint64_t>(message, "seed", 0, std::numeric_limits<std::uint64_t>::max());
  plan.addresses = integer<std::uint32_t>(message, "addresses", 1, max_addresses);
  plan.server = address(message, "server", loopback_address);
  plan.first_address = address(message, "first_address", loopback_address);
  if (is_given(message, "pending")) {
    plan.pending = integer<std::uint32_t>(message, "pending", 1, max_connections);
  }
  plan.in_order = message.value("in_order", false);
  plan.cpus = cpus(message);
  plan.cpus_are_asked_for = message.value("cpus_are_asked_for", false);
  return plan;
}

load_request parse_load(const json& message, std::uint32_t active) {
  constexpr auto any = std::numeric_limits<std::int64_t>::max();
  load_request load{};
  load.mode = word<load_mode>(message, "mode");
  if (is_scheduled(load.mode)) {
    load.rate_per_s = rate(message);
    load.arrival = word<arrival_kind>(message, "arrival");
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
