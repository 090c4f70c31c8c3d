// Addresses are IPv4: the worker and the load generator have no other.
#include "harness/conductor/prepare/network.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <netinet/in.h>
#include <optional>
#include <string_view>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

#include "harness/cells/usage_error.hpp"
#include "harness/measure/network.hpp"
#include "runtimes/errors.hpp"

namespace skein::conductor {
namespace {

constexpr std::int64_t most_addresses = 254;
constexpr std::uint32_t loopback_net = 127;

/// In the host's byte order.
std::uint32_t parsed_address(const char* option, const std::string& text) {
  in_addr parsed{};
  if (::inet_pton(AF_INET, text.c_str(), &parsed) != 1) {
    throw cells::usage_error(
        fmt::format("{}: '{}' is no IPv4 address, such as 10.0.0.1", option, text));
  }
  return ntohl(parsed.s_addr);
}

/// The errno with which this machine refuses to listen there; 0 where it does not.
int listening_error(std::uint32_t address) {
  const int probe = checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(address);
  const int failed =
      ::bind(probe, reinterpret_cast<const sockaddr*>(&at), sizeof at) < 0 ? errno : 0;
  ::close(probe);
  return failed;
}

void check_listen(const std::string& text) {
  const std::uint32_t address = parsed_address("--listen", text);
  if (address >> 24U == loopback_net || address == INADDR_ANY) {
    throw cells::usage_error(fmt::format(
        "--listen: {} is not reached from another host; without --listen the load is of this "
        "machine, over loopback",
        text));
  }
  const int failed = listening_error(address);
  if (failed == 0) return;
  throw cells::usage_error(fmt::format("--listen: this machine cannot listen on {} ({}); it has {}",
                                       text, std::generic_category().message(failed),
                                       fmt::join(measure::own_addresses(), ", ")));
}

void check_name(const std::string& name) {
  constexpr std::string_view letters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
  if (!name.empty() && name.find_first_not_of(letters) == std::string::npos) return;
  throw cells::usage_error(
      fmt::format("--network: '{}' is no name; letters, digits, '_', '-' and '.', for results over "
                  "two networks are never compared",
                  name));
}

address_range range_of(const std::string& text) {
  constexpr const char* option = "--generator-addresses";
  const std::size_t dash = text.find('-');
  const std::string lowest = text.substr(0, dash);
  const std::int64_t from = parsed_address(option, lowest);
  const std::int64_t to =
      dash == std::string::npos ? from : parsed_address(option, text.substr(dash + 1));
  if (to < from || to - from >= most_addresses) {
    throw cells::usage_error(
        fmt::format("{}: '{}' is no range of 1 to {} addresses, such as 10.0.0.2-10.0.0.9", option,
                    text, most_addresses));
  }
  return {lowest, to - from + 1};
}

}  // namespace

network_request network_from(const std::string& name, const std::string& listen,
                             const std::vector<std::string>& addresses) {
  check_name(name);
  check_listen(listen);
  network_request network{.name = name, .listen = listen, .clients = {}};
  for (const std::string& each : addresses) network.clients.push_back(range_of(each));
  return network;
}

}  // namespace skein::conductor
