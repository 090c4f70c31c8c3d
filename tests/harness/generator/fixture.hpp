// What the generator's tests share: an echo server with faults to order, and the generator itself
// on a thread, spoken to through pipes as the conductor does. Leaves out any runtime of the suite.
#pragma once

#include <arpa/inet.h>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "harness/generator/generator.hpp"
#include "harness/measure/json.hpp"
#include "harness/protocol/line_channel.hpp"
#include "runtimes/clock.hpp"
#include "runtimes/errors.hpp"

namespace skein::test {

using measure::json;

/// True when `value` is within `fraction` of `wanted`.
template <typename Number>
bool near(const Number& value, double wanted, double fraction) {
  return std::abs(static_cast<double>(value) - wanted) <= fraction * std::abs(wanted);
}

/// What the server does other than echo; positions count received bytes over all connections.
struct echo_faults {
  static constexpr std::uint64_t never = ~std::uint64_t{0};
  std::uint64_t flip_at = never;    ///< this byte comes back with one bit changed
  std::uint64_t close_at = never;   ///< the connection this byte came on is closed instead
  std::uint64_t mute_from = never;  ///< from this byte on nothing is answered
  std::uint64_t extra_at = never;   ///< one byte too many is sent after this one
  std::uint64_t quit_at = never;    ///< from this byte on nothing is accepted: connects are refused
  std::uint64_t stall_at = never;   ///< before answering this byte, everything stops for a while
  int stall_ms = 0;
};

/// An echo server on its own thread: poll(), blocking sends, no ambition.
class echo_server {
 public:
  explicit echo_server(echo_faults faults = {}) : faults_(faults) {
    listener_ = checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    checked(::bind(listener_, generic, size), "bind");
    checked(::listen(listener_, 128), "listen");
    checked(::getsockname(listener_, generic, &size), "getsockname");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~echo_server() {
    stopping_ = true;
    thread_.join();
    for (const pollfd& each : entries_) {
      if (each.fd >= 0) ::close(each.fd);
    }
  }
  echo_server(const echo_server&) = delete;
  echo_server& operator=(const echo_server&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  /// Bytes received so far.
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
  /// Connections accepted so far, and those of them that are still open.
  [[nodiscard]] int accepted() const noexcept { return accepted_; }
  [[nodiscard]] int open_now() const noexcept { return open_; }

 private:
  void serve() {
    entries_.push_back({listener_, POLLIN, 0});
    while (!stopping_) {
      if (::poll(entries_.data(), entries_.size(), 5) <= 0) continue;
      const std::size_t count = entries_.size();
      for (std::size_t i = 1; i < count; ++i) {
        if (entries_[i].revents != 0 && !echo(entries_[i].fd)) {
          ::close(entries_[i].fd);
          entries_[i].fd = -1;
          --open_;
        }
      }
      if (entries_[0].revents != 0) accept_one();
    }
  }

  void accept_one() {
    const int accepted = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (accepted < 0) return;
    const int on = 1;  // else the rest of a large reply waits for a delayed acknowledgement, 40 ms
    ::setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    entries_.push_back({accepted, POLLIN, 0});
    ++accepted_;
    ++open_;
  }

  static bool within(std::uint64_t position, std::uint64_t begin, std::uint64_t size) {
    return position >= begin && position - begin < size;
  }

  void stop_listening() {
    if (entries_[0].fd >= 0) ::close(entries_[0].fd);
    entries_[0].fd = -1;
    entries_[0].revents = 0;
  }

  bool echo(int descriptor) {
    char buffer[4096];
    const ssize_t got = ::recv(descriptor, buffer, sizeof buffer, 0);
    if (got <= 0) return false;
    const std::uint64_t begin = bytes_;
    const auto size = static_cast<std::uint64_t>(got);
    bytes_ += size;
    if (begin + size > faults_.mute_from) return true;
    if (begin + size > faults_.quit_at) stop_listening();
    if (within(faults_.close_at, begin, size)) return false;
    if (within(faults_.stall_at, begin, size)) {
      std::this_thread::sleep_for(std::chrono::milliseconds(faults_.stall_ms));
    }
    if (within(faults_.flip_at, begin, size)) buffer[faults_.flip_at - begin] ^= 0x10;
    ::send(descriptor, buffer, size, MSG_NOSIGNAL);
    if (within(faults_.extra_at, begin, size)) ::send(descriptor, buffer, 1, MSG_NOSIGNAL);
    return true;
  }

  echo_faults faults_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::vector<pollfd> entries_;
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<int> accepted_{0};
  std::atomic<int> open_{0};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

/// The generator on a thread, at the other end of two pipes.
class generator_under_test {
 public:
  generator_under_test()
      : commands_(make_pipe()),
        replies_(make_pipe()),
        channel_(replies_.read_end, commands_.write_end),
        thread_([this] {
          status_ = generator::generator_main(commands_.read_end, replies_.write_end);
        }),
        hello_(receive()) {}
  ~generator_under_test() {
    hang_up();
    for (const int each : {commands_.read_end, replies_.read_end, replies_.write_end})
      ::close(each);
  }
  generator_under_test(const generator_under_test&) = delete;
  generator_under_test& operator=(const generator_under_test&) = delete;

  /// What it said first.
  [[nodiscard]] const json& hello() const noexcept { return hello_; }

  void send(const json& message) { channel_.write_line(message.dump()); }
  void send_line(const std::string& line) { channel_.write_line(line); }

  /// The next reply. Throws when none comes within 30 s.
  json receive() {
    const auto line = channel_.read_line_for(30'000);
    if (!line) throw std::runtime_error("the generator did not answer within 30 s");
    return json::parse(*line);
  }

  json ask(const json& message) {
    send(message);
    return receive();
  }

  /// Ends the command channel, as a conductor that has died, and returns the exit status.
  int hang_up() {
    if (commands_.write_end >= 0) ::close(commands_.write_end);
    commands_.write_end = -1;
    return await_end();
  }

  /// Its exit status, once it has ended by itself.
  int await_end() {
    if (thread_.joinable()) thread_.join();
    return status_;
  }

  /// prepare and connect; both must succeed.
  void open(std::uint16_t port, int connections, int active, int payload_bytes) {
    expect("ready", ask(prepare_message(port, connections, active, payload_bytes)));
    expect("connected", ask({{"type", "connect"}, {"connections", connections}}));
  }

  /// Runs a load to its result, checking the order of the messages.
  json run(const json& load) {
    expect("window_begin", ask(load));
    expect("window_end", receive());
    json result = receive();
    expect("result", result);
    return result;
  }

  static json prepare_message(std::uint16_t port, int connections, int active, int payload_bytes) {
    return {{"type", "prepare"},
            {"port", port},
            {"connections", connections},
            {"active", active},
            {"payload_bytes", payload_bytes},
            {"seed", 42},
            {"addresses", 8}};
  }

  static void expect(const char* type, const json& message) {
    if (message.at("type") != type) {
      throw std::runtime_error(std::string("expected ") + type + ", got " + message.dump());
    }
  }

 private:
  struct pipe_ends {
    int read_end;
    int write_end;
  };
  static pipe_ends make_pipe() {
    int ends[2];
    checked(::pipe(ends), "pipe");
    return {ends[0], ends[1]};
  }

  pipe_ends commands_;
  pipe_ends replies_;
  protocol::line_channel channel_;
  int status_ = -1;
  std::thread thread_;
  json hello_;
};

/// A short open-loop load; fields can be changed before it is sent.
inline json open_load(double rate_per_s, time_ns duration_ns) {
  return {{"type", "load"},
          {"mode", "open"},
          {"rate_per_s", rate_per_s},
          {"arrival", "poisson"},
          {"warmup_ns", 0},
          {"warmup_requests", 0},
          {"duration_ns", duration_ns},
          {"requests", nullptr}};
}

/// A closed-loop load of so many requests.
inline json fixed_load(std::uint64_t requests) {
  return {{"type", "load"},         {"mode", "fixed"},     {"rate_per_s", nullptr},
          {"arrival", nullptr},     {"warmup_ns", 0},      {"warmup_requests", 0},
          {"duration_ns", nullptr}, {"requests", requests}};
}

/// So many times connect, one exchange, close.
inline json churn_load(std::uint64_t cycles) {
  json load = fixed_load(cycles);
  load["mode"] = "churn";
  return load;
}

/// One request on each of so many connections, `in_flight` at a time.
inline json once_load(std::uint64_t connections, int in_flight) {
  json load = fixed_load(connections);
  load["mode"] = "once";
  load["in_flight"] = in_flight;
  return load;
}

}  // namespace skein::test
