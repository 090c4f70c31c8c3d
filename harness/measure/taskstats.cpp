// A minimal generic netlink client: look up the family's number, ask once, read one answer.
// The message layout is that of the kernel's Documentation/accounting/taskstats.rst.
#include "harness/measure/taskstats.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/taskstats.h>
#include <span>
#include <string_view>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace skein::measure {
namespace {

using bytes = std::span<const std::byte>;

// Our own constants, because the kernel's macros mix signed and unsigned.
constexpr std::size_t attribute_header = 4;
constexpr std::size_t message_overhead = 16 + 4;  // nlmsghdr and genlmsghdr
static_assert(sizeof(nlattr) == attribute_header);
static_assert(sizeof(nlmsghdr) + sizeof(genlmsghdr) == message_overhead);

constexpr std::size_t aligned(std::size_t size) {
  return (size + 3) & ~std::size_t{3};
}

struct request {
  nlmsghdr header;
  genlmsghdr command;
  std::array<std::byte, 64> attribute;
};

/// A netlink socket that gives up after a second.
class channel {
 public:
  channel() : descriptor_(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC)) {
    if (descriptor_ < 0) return;
    const timeval patience{.tv_sec = 1, .tv_usec = 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  ~channel() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  channel(const channel&) = delete;
  channel& operator=(const channel&) = delete;

  /// One question with one attribute; the attributes of the answer, empty on any failure.
  bytes ask(std::uint16_t family, std::uint8_t command, std::uint16_t attribute, bytes value);

 private:
  bytes receive();

  int descriptor_;
  alignas(nlmsghdr) std::array<std::byte, 8192> buffer_{};
};

bytes channel::ask(std::uint16_t family, std::uint8_t command, std::uint16_t attribute,
                   bytes value) {
  if (descriptor_ < 0) return {};
  request message{};
  nlattr head{};
  head.nla_type = attribute;
  head.nla_len = static_cast<std::uint16_t>(attribute_header + value.size());
  std::memcpy(message.attribute.data(), &head, sizeof head);
  std::memcpy(message.attribute.data() + attribute_header, value.data(), value.size());
  message.command = {.cmd = command, .version = 1, .reserved = 0};
  message.header.nlmsg_type = family;
  message.header.nlmsg_flags = NLM_F_REQUEST;
  message.header.nlmsg_len = static_cast<std::uint32_t>(message_overhead + aligned(head.nla_len));
  const auto sent = ::send(descriptor_, &message, message.header.nlmsg_len, 0);
  return sent == static_cast<ssize_t>(message.header.nlmsg_len) ? receive() : bytes{};
}

bytes channel::receive() {
  const auto got = ::recv(descriptor_, buffer_.data(), buffer_.size(), 0);
  if (got < static_cast<ssize_t>(message_overhead)) return {};
  nlmsghdr header{};
  std::memcpy(&header, buffer_.data(), sizeof header);
  if (header.nlmsg_type == NLMSG_ERROR || header.nlmsg_len > static_cast<std::size_t>(got))
    return {};
  if (header.nlmsg_len < message_overhead) return {};
  return bytes(buffer_).subspan(message_overhead, header.nlmsg_len - message_overhead);
}

/// The value of the first attribute of that type; empty when there is none.
bytes find_attribute(bytes attributes, int type) {
  while (attributes.size() >= attribute_header) {
    nlattr head{};
    std::memcpy(&head, attributes.data(), sizeof head);
    if (head.nla_len < attribute_header || head.nla_len > attributes.size()) return {};
    if ((head.nla_type & NLA_TYPE_MASK) == type) {
      return attributes.subspan(attribute_header, head.nla_len - attribute_header);
    }
    const std::size_t step = aligned(head.nla_len);
    attributes = attributes.subspan(std::min(step, attributes.size()));
  }
  return {};
}

std::optional<std::uint16_t> find_family(channel& kernel) {
  constexpr std::string_view name{TASKSTATS_GENL_NAME, sizeof TASKSTATS_GENL_NAME};
  const auto answer = kernel.ask(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_NAME,
                                 std::as_bytes(std::span(name)));
  const auto value = find_attribute(answer, CTRL_ATTR_FAMILY_ID);
  std::uint16_t family = 0;
  if (value.size() != sizeof family) return std::nullopt;
  std::memcpy(&family, value.data(), sizeof family);
  return family;
}

}  // namespace

std::optional<thread_group_stats> read_thread_group_stats(pid_t pid) {
  channel kernel;
  const auto family = find_family(kernel);
  if (!family) return std::nullopt;
  const auto group = static_cast<std::uint32_t>(pid);
  const auto answer = kernel.ask(*family, TASKSTATS_CMD_GET, TASKSTATS_CMD_ATTR_TGID,
                                 std::as_bytes(std::span(&group, 1)));
  const auto value =
      find_attribute(find_attribute(answer, TASKSTATS_TYPE_AGGR_TGID), TASKSTATS_TYPE_STATS);
  taskstats stats{};  // the kernel only ever appends to its structure
  if (value.size() < offsetof(taskstats, nivcsw) + sizeof stats.nivcsw) return std::nullopt;
  std::memcpy(&stats, value.data(), std::min(value.size(), sizeof stats));
  return thread_group_stats{.run_delay_ns = static_cast<std::int64_t>(stats.cpu_delay_total),
                            .voluntary_switches = static_cast<std::int64_t>(stats.nvcsw),
                            .involuntary_switches = static_cast<std::int64_t>(stats.nivcsw)};
}

}  // namespace skein::measure
