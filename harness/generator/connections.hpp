// The generator's connections: a table of non-blocking sockets on one epoll instance. It opens them
// in bounded batches, reopens one in the middle of a load, and closes them, over loopback without
// leaving ports behind. Leaves out requests: exchange.hpp sends and receives on open connections.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <sys/epoll.h>
#include <vector>

#include "harness/generator/messages.hpp"
#include "harness/generator/requests.hpp"
#include "runtimes/clock.hpp"

namespace skein::generator {

enum class connection_state : std::uint8_t { unopened, connecting, open, closed };

/// One client connection and its requests, oldest first.
/// Invariant: the list from `oldest` to `newest` holds every request without a whole reply;
/// `unsent` is the first of them not handed to the kernel in full, and all after it are unsent too.
struct connection {
  int descriptor = -1;
  connection_state state = connection_state::unopened;
  std::uint32_t next_sequence = 0;    ///< of the next request
  std::uint32_t next_reply = 0;       ///< sequence the next reply must have
  std::uint32_t in_flight = 0;        ///< requests partly sent or sent, without a whole reply
  std::size_t unsent_done_bytes = 0;  ///< of `unsent`, handed to the kernel
  std::size_t received_bytes = 0;     ///< of the reply to `oldest`
  std::uint64_t damage = 0;           ///< of the reply to `oldest`; see payload.hpp
  request* oldest = nullptr;
  request* newest = nullptr;
  request* unsent = nullptr;
};

/// The connect stage could not continue. `connected` says how far it came.
class connect_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Sockets to the server's address and port, from the client addresses in turn. For one thread.
///
/// Every socket is registered once, edge-triggered, for reading, writing and hang-up, and stays so
/// until it is closed; the event's data is the connection's index. A close resets the connection
/// (SO_LINGER{1,0}), so it leaves no TIME_WAIT, unless connections are to be closed in good order;
/// a process that simply ends has the same effect.
class connection_table {
 public:
  /// Raises the soft limit on descriptors to the hard one and compares the descriptors and ports
  /// needed with what this machine allows. Throws limit_error when that is not enough, and refusal
  /// where a client address is not this host's.
  explicit connection_table(const prepare_request& plan);
  ~connection_table();
  connection_table(const connection_table&) = delete;
  connection_table& operator=(const connection_table&) = delete;

  /// Opens connections until there are `total`. A refusal is not retried. Returns false when
  /// `interrupted` returned true. Throws limit_error (RLIMIT_NOFILE, net.ipv4.ip_local_port_range)
  /// or connect_error (refused, a peer that hangs up, no progress for `no_progress_limit`).
  bool connect_to(std::uint32_t total, const std::function<bool()>& interrupted);

  /// Events available now (timeout_ms 0) or within timeout_ms. Valid until the next call.
  std::span<epoll_event> poll(int timeout_ms);

  [[nodiscard]] connection& at(std::uint32_t index) { return connections_[index]; }
  /// Descriptors of open connections, the first ones, at most so many.
  [[nodiscard]] std::vector<int> some_open(std::size_t most) const;
  [[nodiscard]] std::uint32_t size() const noexcept { return connected_; }
  /// How many of the first `count` are open.
  [[nodiscard]] std::uint32_t open_among(std::uint32_t count) const noexcept;
  /// How many of the first `count` are open or connecting.
  [[nodiscard]] std::uint32_t alive_among(std::uint32_t count) const noexcept;
  void close(std::uint32_t index) noexcept;

  /// Reconnects a closed connection of the table, from the next client address, and returns the
  /// time just before connect(). Call settle() with its events until it is open. Throws as
  /// connect_to; then close the connection.
  time_ns reopen(std::uint32_t index);
  /// Turns a connecting connection into an open one if the event says so. Returns the errno with
  /// which connecting failed, or 0.
  int settle(std::uint32_t index, std::uint32_t events);

  static constexpr std::chrono::seconds no_progress_limit{30};

 private:
  [[nodiscard]] int open_socket();
  void begin(std::uint32_t index);
  time_ns dial(std::uint32_t index);
  void bind_to_next_address(int descriptor);
  void take_in(std::uint32_t index, std::uint32_t events);
  [[noreturn]] void fail(const std::string& what) const;
  [[noreturn]] void fail_errno(const std::string& call, int error) const;

  std::vector<connection> connections_;
  std::array<epoll_event, 256> events_{};
  ipv4 server_;
  std::uint16_t port_;
  ipv4 first_address_;
  std::uint32_t addresses_;
  std::uint32_t pending_limit_;
  bool in_order_;
  int epoll_;
  std::uint32_t begun_ = 0;      ///< connections [0, begun_) have a socket, or had one
  std::uint32_t connected_ = 0;  ///< how many of those connect_to has established
  std::uint32_t dialled_ = 0;    ///< connects so far, reconnects included: picks the client address
};

}  // namespace skein::generator
