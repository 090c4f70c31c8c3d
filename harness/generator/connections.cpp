// The connect stage, step by step:
// 1. Connects are started until `most_pending` are under way. connect() does not block. Only then
//    does the kernel choose the port (IP_BIND_ADDRESS_NO_PORT), so that one port serves several
//    addresses.
// 2. epoll reports each one that is writable or has failed; SO_ERROR says which.
// 3. Any failure ends the stage. A client that retried would hide a server that cannot keep up.
#include "harness/generator/connections.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cassert>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/measure/limits.hpp"
#include "harness/measure/network.hpp"
#include "runtimes/errors.hpp"

namespace skein::generator {
namespace {

/// Never more than the server's listen backlog: as the conductor says, or this machine's.
std::uint32_t most_pending(const prepare_request& plan) {
  if (plan.pending) return *plan.pending;
  const std::int64_t backlog = measure::read_limits().somaxconn.value_or(128);
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(backlog, 1, 128));
}

/// Descriptors beside the connections: standard streams, epoll, and those open when the process
/// started.
constexpr std::int64_t other_descriptors = 16;
constexpr int wait_ms = 20;

void check_limits(const prepare_request& plan) {
  measure::raise_soft_limits();
  measure::cell_needs needs;
  needs.descriptors = plan.connections + other_descriptors;
  needs.client_ports = (plan.connections + plan.addresses - 1) / plan.addresses;
  const auto exceeded = measure::first_exceeded(measure::checks_for(needs));
  if (exceeded) throw limit_error(exceeded->name, exceeded->value, exceeded->needed);
}

void set_option(int descriptor, int level, int option, const void* value, std::size_t size) {
  checked(::setsockopt(descriptor, level, option, value, static_cast<socklen_t>(size)),
          "setsockopt");
}

void set_switch(int descriptor, int level, int option) {
  const int on = 1;
  set_option(descriptor, level, option, &on, sizeof on);
}

sockaddr_in socket_address(ipv4 host, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(host);
  return address;
}

const sockaddr* generic(const sockaddr_in& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

/// A server on this very host is reached over loopback, whatever its address.
void require_other_host(const prepare_request& plan) {
  if (plan.server == loopback_address) return;
  const auto own = measure::own_addresses();
  if (std::find(own.begin(), own.end(), text_of(plan.server)) == own.end()) return;
  throw refusal("--generator-command: the load generator is on the host of " +
                text_of(plan.server) +
                " and reaches it over loopback; start it on another host, or leave out --listen");
}

/// Over loopback the conductor has looked already.
void require_own_addresses(const prepare_request& plan) {
  if (plan.first_address == any_address || plan.first_address == loopback_address) return;
  for (std::uint32_t i = 0; i < plan.addresses; ++i) {
    const int probe = checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    const sockaddr_in from = socket_address(plan.first_address + i, 0);
    const int failed = ::bind(probe, generic(from), sizeof from) < 0 ? errno : 0;
    ::close(probe);
    if (failed == 0) continue;
    throw refusal("--generator-addresses: the load generator's host cannot use " +
                  text_of(plan.first_address + i) + " (" + std::generic_category().message(failed) +
                  "); give the address to one of its interfaces, or name those that it has");
  }
}

int pending_error(int descriptor) {
  int error = 0;
  socklen_t size = sizeof error;
  checked(::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size), "getsockopt");
  return error;
}

}  // namespace

connection_table::connection_table(const prepare_request& plan)
    : server_(plan.server),
      port_(plan.port),
      first_address_(plan.first_address),
      addresses_(plan.addresses),
      pending_limit_(most_pending(plan)),
      in_order_(plan.in_order),
      epoll_(-1) {
  require_other_host(plan);
  require_own_addresses(plan);
  check_limits(plan);
  connections_.resize(plan.connections);
  epoll_ = checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
}

connection_table::~connection_table() {
  for (std::uint32_t i = 0; i < begun_; ++i) close(i);
  ::close(epoll_);
}

bool connection_table::connect_to(std::uint32_t total, const std::function<bool()>& interrupted) {
  assert(total <= connections_.size());
  time_ns last_progress_ns = monotonic_clock::now_ns();
  const time_ns limit_ns = std::chrono::nanoseconds(no_progress_limit).count();
  while (connected_ < total) {
    const std::uint32_t before = connected_;
    while (begun_ < total && begun_ - connected_ < pending_limit_) begin(begun_);
    for (const epoll_event& event : poll(wait_ms)) take_in(event.data.u32, event.events);
    if (interrupted()) return false;
    const time_ns now = monotonic_clock::now_ns();
    if (connected_ != before) last_progress_ns = now;
    if (now - last_progress_ns > limit_ns) {
      fail("no progress for " + std::to_string(no_progress_limit.count()) +
           " s: the server does not accept");
    }
  }
  return true;
}

std::span<epoll_event> connection_table::poll(int timeout_ms) {
  const int ready =
      ::epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), timeout_ms);
  if (ready < 0 && errno != EINTR) throw_errno("epoll_wait");
  return {events_.data(), static_cast<std::size_t>(std::max(ready, 0))};
}

std::uint32_t connection_table::open_among(std::uint32_t count) const noexcept {
  const auto end = connections_.begin() + count;
  return static_cast<std::uint32_t>(std::count_if(connections_.begin(), end, [](const auto& each) {
    return each.state == connection_state::open;
  }));
}

std::uint32_t connection_table::alive_among(std::uint32_t count) const noexcept {
  const auto end = connections_.begin() + count;
  return static_cast<std::uint32_t>(std::count_if(connections_.begin(), end, [](const auto& each) {
    return each.state == connection_state::open || each.state == connection_state::connecting;
  }));
}

std::vector<int> connection_table::some_open(std::size_t most) const {
  std::vector<int> found;
  for (const connection& each : connections_) {
    if (found.size() == most) break;
    if (each.state == connection_state::open) found.push_back(each.descriptor);
  }
  return found;
}

void connection_table::close(std::uint32_t index) noexcept {
  connection& which = connections_[index];
  if (which.descriptor >= 0) ::close(which.descriptor);
  which.descriptor = -1;
  which.state = connection_state::closed;
}

int connection_table::open_socket() {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) fail_errno("socket", errno);
  return descriptor;
}

time_ns connection_table::reopen(std::uint32_t index) {
  assert(index < connected_ && connections_[index].state == connection_state::closed);
  return dial(index);
}

void connection_table::begin(std::uint32_t index) {
  ++begun_;
  dial(index);
}

time_ns connection_table::dial(std::uint32_t index) {
  connection& which = connections_[index];
  const int descriptor = which.descriptor = open_socket();
  which.state = connection_state::connecting;
  const linger reset{1, 0};
  if (!in_order_) set_option(descriptor, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  set_switch(descriptor, IPPROTO_TCP, TCP_NODELAY);
  if (first_address_ != any_address) bind_to_next_address(descriptor);
  const sockaddr_in to = socket_address(server_, port_);
  const time_ns begun_ns = monotonic_clock::now_ns();
  if (::connect(descriptor, generic(to), sizeof to) < 0 && errno != EINPROGRESS) {
    // The kernel chooses the port here, and none was left. How many of them other programs use is
    // not known.
    if (errno == EADDRNOTAVAIL) {
      throw limit_error("net.ipv4.ip_local_port_range", std::nullopt,
                        static_cast<std::int64_t>(connections_.size()));
    }
    fail_errno("connect", errno);
  }
  epoll_event interest{};
  interest.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  interest.data.u32 = index;
  checked(::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &interest), "epoll_ctl");
  return begun_ns;
}

void connection_table::bind_to_next_address(int descriptor) {
  set_switch(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT);
  const sockaddr_in from = socket_address(first_address_ + dialled_++ % addresses_, 0);
  if (::bind(descriptor, generic(from), sizeof from) < 0) {
    fail_errno("bind to " + std::string(::inet_ntoa(from.sin_addr)), errno);
  }
}

int connection_table::settle(std::uint32_t index, std::uint32_t events) {
  connection& which = connections_[index];
  if (which.state != connection_state::connecting) return 0;
  const int error = pending_error(which.descriptor);
  if (error == 0 && (events & EPOLLOUT)) which.state = connection_state::open;
  return error;
}

void connection_table::take_in(std::uint32_t index, std::uint32_t events) {
  const bool pending = connections_[index].state == connection_state::connecting;
  if (const int error = settle(index, events)) fail_errno("connect", error);
  if (pending && connections_[index].state == connection_state::open) ++connected_;
  if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) {
    fail("the server hung up on connection " + std::to_string(index));
  }
}

void connection_table::fail(const std::string& what) const {
  throw connect_error(what + " (" + text_of(server_) + ", port " + std::to_string(port_) + ", " +
                      std::to_string(connected_) + " connections were established)");
}

void connection_table::fail_errno(const std::string& call, int error) const {
  if (error == EMFILE) {
    throw limit_error("RLIMIT_NOFILE", measure::descriptor_limit(),
                      static_cast<std::int64_t>(connections_.size()) + other_descriptors);
  }
  fail(call + ": " + std::generic_category().message(error));
}

}  // namespace skein::generator
