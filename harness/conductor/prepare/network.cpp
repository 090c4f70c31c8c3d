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
  throw cells::usage_error(fmt::format(
      "--listen: this machine cannot listen on {} ({}); it has {}", text,
      std::generic_category().message(failed), fmt::join(measure::own_addresses(), ", ")));
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

}  // namespace

network_request network_from(const std::string& name, const std::string& listen,
                             const std::string& addresses) {
  constexpr const char* option = "--generator-addresses";
  check_name(name);
  check_listen(listen);
  network_request network{.name = name, .listen = listen, .first_address = {}};
  if (addresses.empty()) return network;
  const std::size_t dash = addresses.find('-');
  network.first_address = addresses.substr(0, dash);
  const std::int64_t first = parsed_address(option, network.first_address);
  const std::int64_t last = dash == std::string::npos
                                ? first
                                : parsed_address(option, addresses.substr(dash + 1));
  network.addresses = last - first + 1;
  if (network.addresses < 1 || network.addresses > most_addresses) {
    throw cells::usage_error(
        fmt::format("{}: '{}' is no range of 1 to {} addresses, such as 10.0.0.2-10.0.0.9", option,
                    addresses, most_addresses));
  }
  return network;
}

}  // namespace skein::conductor
