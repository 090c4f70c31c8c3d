// getifaddrs for names, ioctls for settings, /proc/net for counters: that is of the network
// namespace that the process is in. Only what is nowhere else comes from /sys, which is of the
// namespace of whoever mounted it.
#include "harness/measure/network.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstring>
#include <ifaddrs.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string_view>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "histogram/nearest_rank.hpp"

namespace skein::measure {
namespace {

/// A socket to ask the kernel about interfaces with.
class asking_socket {
 public:
  asking_socket() : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  ~asking_socket() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  asking_socket(const asking_socket&) = delete;
  asking_socket& operator=(const asking_socket&) = delete;
  [[nodiscard]] int get() const noexcept { return descriptor_; }

 private:
  int descriptor_;
};

/// Calls `visit` with the name and the dotted address of each IPv4 address of this machine.
template <typename Visit>
void for_each_address(Visit visit) {
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return;
  for (const ifaddrs* each = first; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr || each->ifa_addr->sa_family != AF_INET) continue;
    sockaddr_in address{};
    std::memcpy(&address, each->ifa_addr, sizeof address);
    std::array<char, INET_ADDRSTRLEN> text{};
    ::inet_ntop(AF_INET, &address.sin_addr, text.data(), sizeof text);
    visit(std::string(each->ifa_name), std::string(text.data()));
  }
  ::freeifaddrs(first);
}

std::optional<std::string> interface_of(const std::string& wanted) {
  std::optional<std::string> found;
  for_each_address([&](const std::string& name, const std::string& address) {
    if (address == wanted) found = name;
  });
  return found;
}

ifreq request_of(const std::string& interface) {
  ifreq request{};
  interface.copy(request.ifr_name, sizeof request.ifr_name - 1);
  return request;
}

std::optional<std::int64_t> mtu_of(const asking_socket& by, const std::string& interface) {
  ifreq request = request_of(interface);
  if (::ioctl(by.get(), SIOCGIFMTU, &request) != 0) return std::nullopt;
  return request.ifr_mtu;
}

struct offload {
  std::uint32_t question;
  const char* name;
};
constexpr std::array offloads{
    offload{ETHTOOL_GRXCSUM, "rx"}, offload{ETHTOOL_GTXCSUM, "tx"}, offload{ETHTOOL_GSG, "sg"},
    offload{ETHTOOL_GTSO, "tso"},   offload{ETHTOOL_GGSO, "gso"},   offload{ETHTOOL_GGRO, "gro"},
};

std::vector<std::string> offloads_of(const asking_socket& by, const std::string& interface) {
  std::vector<std::string> on;
  for (const offload& each : offloads) {
    ethtool_value answer{};
    answer.cmd = each.question;
    ifreq request = request_of(interface);
    request.ifr_data = reinterpret_cast<char*>(&answer);
    if (::ioctl(by.get(), SIOCETHTOOL, &request) == 0 && answer.data != 0) {
      on.emplace_back(each.name);
    }
  }
  return on;
}

std::optional<std::string> congestion_control_of(const asking_socket& by) {
  std::array<char, 16> name{};  // TCP_CA_NAME_MAX
  socklen_t size = sizeof name;
  if (::getsockopt(by.get(), IPPROTO_TCP, TCP_CONGESTION, name.data(), &size) != 0) {
    return std::nullopt;
  }
  return std::string(name.data(), ::strnlen(name.data(), size));
}

/// /proc/net/snmp has two lines for each protocol: names, and values in the same order.
std::optional<std::int64_t> retransmitted_segments(const system_paths& paths) {
  const auto text = read_text(paths.proc + "/net/snmp");
  if (!text) return std::nullopt;
  std::vector<std::string_view> names;
  for (const auto line : split_lines(*text)) {
    if (!line.starts_with("Tcp:")) continue;
    const auto words = split_words(line);
    if (names.empty()) {
      names = words;
      continue;
    }
    const auto found = std::find(names.begin(), names.end(), "RetransSegs");
    const auto at = static_cast<std::size_t>(found - names.begin());
    return at < words.size() ? parse_integer(words[at]) : std::nullopt;
  }
  return std::nullopt;
}

/// "  eth0: bytes packets errs drop fifo frame compressed multicast bytes packets errs drop ...",
/// first of what was received, then of what was sent.
std::optional<std::int64_t> dropped_packets(const std::string& interface,
                                            const system_paths& paths) {
  const auto text = read_text(paths.proc + "/net/dev");
  if (!text) return std::nullopt;
  for (const auto line : split_lines(*text)) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || trim(line.substr(0, colon)) != interface) continue;
    const auto words = split_words(line.substr(colon + 1));
    if (words.size() < 12) return std::nullopt;
    const auto received = parse_integer(words[3]);
    const auto sent = parse_integer(words[11]);
    return received && sent ? std::optional(*received + *sent) : std::nullopt;
  }
  return std::nullopt;
}

std::optional<std::int64_t> risen(const std::optional<std::int64_t>& begin,
                                  const std::optional<std::int64_t>& end) {
  if (!begin || !end) return std::nullopt;
  return std::max<std::int64_t>(*end - *begin, 0);
}

}  // namespace

network_end read_network_end(const std::string& address) {
  network_end end;
  const asking_socket by;
  end.congestion_control = congestion_control_of(by);
  end.interface = interface_of(address);
  if (!end.interface) return end;
  end.mtu = mtu_of(by, *end.interface);
  end.offloads = offloads_of(by, *end.interface);
  return end;
}

network_counts read_network_counts(const std::optional<std::string>& interface,
                                   const system_paths& paths) {
  network_counts counts;
  counts.retransmitted = retransmitted_segments(paths);
  if (!interface) return counts;
  counts.dropped = dropped_packets(*interface, paths);
  counts.link_changes = read_integer(paths.sys + "/class/net/" + *interface + "/carrier_changes");
  return counts;
}

network_counts network_between(const network_counts& begin, const network_counts& end) {
  return {risen(begin.retransmitted, end.retransmitted), risen(begin.dropped, end.dropped),
          risen(begin.link_changes, end.link_changes)};
}

round_trips read_round_trips(const std::vector<int>& sockets) {
  std::vector<time_ns> found;
  for (const int each : sockets) {
    tcp_info info{};
    socklen_t size = sizeof info;
    if (::getsockopt(each, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) continue;
    if (info.tcpi_rtt == 0) continue;
    found.push_back(static_cast<time_ns>(info.tcpi_rtt) * ns_per_us);
  }
  return {static_cast<std::int64_t>(found.size()), percentile_of(found, 0),
          percentile_of(found, 50), percentile_of(found, 100)};
}

std::vector<std::string> own_addresses() {
  std::vector<std::string> found;
  for_each_address(
      [&](const std::string& /*name*/, const std::string& address) { found.push_back(address); });
  return found;
}

}  // namespace skein::measure
