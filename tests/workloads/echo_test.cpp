// The c10k server in every runtime, the floor included, before clients that are not the load
// generator: what they send comes back whole, and the end behind it, of whatever size and however
// slowly they read. In the process of the test; as real workers: tests/end_to_end.
#include <arpa/inet.h>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <memory>
#include <netinet/in.h>
#include <pthread.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <vector>

#include "tests/action_inbox.hpp"
#include "tests/catch.hpp"
#include "tests/io_uring.hpp"
#include "tests/loopback_client.hpp"
#include "tests/options.hpp"
#include "tests/programs.hpp"
#include "tests/signals.hpp"
#include "workloads/all.hpp"
#include "workloads/c10k/counters.hpp"
#include "workloads/c10k/handler_work.hpp"
#include "workloads/c10k/parameters.hpp"

namespace {

using namespace skein;
using test::loopback_client;
using test::pattern_bytes;

constexpr std::size_t buffer_bytes = 1024;
constexpr int little_room_bytes = 4096;

/// A program that serves until this goes, which must find nothing left alive and no error.
class echo_server {
 public:
  echo_server(const std::string& runtime, buffer_policy policy,
              std::size_t read_bytes = buffer_bytes, const workloads::nesting& nested = {},
              const c10k::cell& cell = {})
      : program_(test::make_program(runtime, asking(policy, read_bytes, nested, cell))),
        inbox_([this] { serve(); }),
        serving_([this] { program_->run(inbox_); }) {}
  ~echo_server() {
    if (serving_.joinable()) stop();
  }

  pthread_t thread() { return serving_.native_handle(); }
  std::uint16_t port() const { return program_->port().value(); }

  /// The thread that looks at sockets, where there is one, does nothing else for so long.
  void keep_busy(time_ns for_ns) {
    busy_ns_ = for_ns;
    inbox_.signal();
  }

  /// What it counted, to its end.
  workloads::work_counts stop() {
    stops_ = true;
    inbox_.signal();
    serving_.join();
    CHECK(program_->live().tasks == 0);
    CHECK(program_->live().connections == 0);
    return program_->counts();
  }

 private:
  static c10k::parameters asking(buffer_policy policy, std::size_t read_bytes,
                                 const workloads::nesting& nested, const c10k::cell& cell) {
    c10k::parameters asked{cell};
    asked.options = test::options_for(64);
    asked.options.buffer = policy;
    asked.options.buffer_bytes = read_bytes;
    asked.options.stack_bytes = std::size_t{64} * 1024;  // sanitizers want some
    asked.connections = 32;
    asked.nested = nested;
    return asked;
  }

  /// Two signals may be served as one.
  void serve() {
    std::this_thread::sleep_for(std::chrono::nanoseconds(busy_ns_.exchange(0)));
    if (stops_) program_->stop();
  }

  std::unique_ptr<workloads::program> program_;
  std::atomic<time_ns> busy_ns_{0};
  std::atomic<bool> stops_{false};
  test::action_inbox inbox_;
  std::thread serving_;
};

constexpr std::size_t request_bytes = 64;

/// Another one for each round and client.
std::vector<std::byte> request(std::size_t round, std::size_t client) {
  auto made = pattern_bytes(request_bytes);
  made.front() = static_cast<std::byte>(1 + round);
  made.back() = static_cast<std::byte>(1 + client);
  return made;
}

/// Runs `body(runtime, policy)` for all there are.
template <class Body>
void for_every_server(Body body) {
  for (const runtime_info& each : workloads::runtimes()) {
    if (test::passes_over(each.takes_receive_ring) || !test::has_connections(each)) continue;
    for (const buffer_policy policy : {buffer_policy::lent, buffer_policy::own}) {
      INFO(each.id << (policy == buffer_policy::own ? ", own" : ", lent"));
      body(std::string(each.id), policy);
    }
  }
}

TEST_CASE("buffers that a runtime decides on are a limit of every runtime of ours, by name") {
  for (const runtime_info& each : workloads::runtimes()) {
    INFO(each.id);
    std::string limit;
    std::string message;
    try {
      const echo_server server(std::string(each.id), buffer_policy::runtime);
    } catch (const limit_error& reached) {
      limit = reached.name;
      message = reached.what();
    }
    CHECK(limit == "buffer");
    CHECK(message.find("--buffer lent or own") != std::string::npos);
  }
}

TEST_CASE("bytes that are read some calls down come back whole, and what is held is kept") {
  for_every_server([&](const std::string& runtime, buffer_policy policy) {
    if (runtime == "epoll_floor") return;
    for (const auto& [depth, held_bytes] : {std::pair{1, 64}, {2, 0}, {4, 256}, {64, 1024}}) {
      echo_server server(runtime, policy, buffer_bytes, {.depth = depth, .held_bytes = held_bytes});
      loopback_client client(server.port(), 0);
      REQUIRE(client.send(pattern_bytes(8 * buffer_bytes)));
      client.finish_sending();
      CHECK((client.receive_all().data == pattern_bytes(8 * buffer_bytes)));
      const auto counts = server.stop();
      CHECK(counts.bytes == 8 * buffer_bytes);
      CHECK(counts.errors == 0);
    }
  });
}

TEST_CASE("a request waits and computes between its read and its write, beside others that do") {
  constexpr time_ns wait_ns = 20 * ns_per_ms;
  constexpr std::int64_t steps = 1000;
  for_every_server([&](const std::string& runtime, buffer_policy policy) {
    const auto least_ns = wait_ns - workloads::runtime_named(runtime)->early_by_at_most_ns;
    c10k::cell cell;
    cell.handler_wait_ns = wait_ns;
    cell.handler_work = steps;
    echo_server server(runtime, policy, buffer_bytes, {}, cell);
    std::vector<loopback_client> clients;
    for (int i = 0; i < 8; ++i) clients.emplace_back(server.port(), 0);
    for (std::size_t round = 0; round < 3; ++round) {
      // The buffer that is lent has the last one's bytes when the first one's wait is over.
      const time_ns begin_ns = monotonic_clock::now_ns();
      for (std::size_t i = 0; i < clients.size(); ++i) REQUIRE(clients[i].send(request(round, i)));
      for (std::size_t i = 0; i < clients.size(); ++i) {
        auto expected = request(round, i);
        c10k::work_on(expected, steps);
        CHECK((clients[i].receive(expected.size()) == expected));
        CHECK(monotonic_clock::now_ns() - begin_ns >= least_ns);
      }
    }
    clients.clear();
    const auto counts = server.stop();
    CHECK(counts.units == 24);
    CHECK(counts.errors == 0);
  });
}

TEST_CASE("a server that is stopped while requests wait ends at once, with an answer or without") {
  for_every_server([&](const std::string& runtime, buffer_policy policy) {
    c10k::cell cell;
    cell.handler_wait_ns = ns_per_s;
    echo_server server(runtime, policy, buffer_bytes, {}, cell);
    loopback_client client(server.port(), 0);
    REQUIRE(client.send(request(0, 0)));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    CHECK(server.stop().errors == 0);
  });
}

TEST_CASE("a client that is gone while its request waits is no error") {
  for_every_server([&](const std::string& runtime, buffer_policy policy) {
    c10k::cell cell;
    cell.handler_wait_ns = 20 * ns_per_ms;
    echo_server server(runtime, policy, buffer_bytes, {}, cell);
    {
      loopback_client gone(server.port(), 0);
      REQUIRE(gone.send(request(0, 0)));
    }
    loopback_client client(server.port(), 0);
    REQUIRE(client.send(request(0, 1)));
    CHECK((client.receive(request_bytes) == request(0, 1)));
    std::this_thread::sleep_for(std::chrono::milliseconds(40));
    CHECK(server.stop().errors == 0);
  });
}

TEST_CASE("a connection that is silent for too long is closed and counted, and no other is") {
  constexpr time_ns timeout_ns = 300 * ns_per_ms;
  for_every_server([&](const std::string& runtime, buffer_policy policy) {
    c10k::cell cell;
    cell.read_timeout_ns = timeout_ns;
    echo_server server(runtime, policy, buffer_bytes, {}, cell);
    const time_ns begin_ns = monotonic_clock::now_ns();
    loopback_client silent(server.port(), 0);
    loopback_client busy(server.port(), 0);
    for (std::size_t round = 0; monotonic_clock::now_ns() < begin_ns + 2 * timeout_ns; ++round) {
      REQUIRE(busy.send(request(round, 0)));
      CHECK((busy.receive(request_bytes) == request(round, 0)));
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    CHECK(silent.receive_all().data.empty());
    const auto counts = server.stop();
    CHECK(counts.errors == 1);
    CHECK(counts.first_error.find("timed out") != std::string::npos);
  });
}

TEST_CASE("bytes that came in time are echoed, though the server looks for them too late") {
  constexpr time_ns timeout_ns = 100 * ns_per_ms;
  const auto pass = [](time_ns duration_ns) {
    std::this_thread::sleep_for(std::chrono::nanoseconds(duration_ns));
  };
  for_every_server([&](const std::string& runtime, buffer_policy policy) {
    c10k::cell cell;
    cell.read_timeout_ns = timeout_ns;
    echo_server server(runtime, policy, buffer_bytes, {}, cell);
    loopback_client client(server.port(), 0);
    REQUIRE(client.send(request(0, 0)));
    CHECK((client.receive(request_bytes) == request(0, 0)));
    pass(timeout_ns / 2);
    const time_ns not_before_ns = monotonic_clock::now_ns();  // the last read's beginning
    REQUIRE(client.send(request(1, 0)));
    CHECK((client.receive(request_bytes) == request(1, 0)));
    server.keep_busy(timeout_ns + timeout_ns / 2);
    pass(timeout_ns / 2 + timeout_ns / 10);  // the floor's timer has come, which was the first's
    REQUIRE(client.send(request(2, 0)));
    if (monotonic_clock::now_ns() >= not_before_ns + timeout_ns) return;  // nothing ran for so long
    CHECK((client.receive(request_bytes) == request(2, 0)));
    CHECK(server.stop().errors == 0);
  });
}

TEST_CASE("what is sent before a half-close comes back whole, and the end behind it") {
  constexpr std::array<std::size_t, 8> sizes{
      1, buffer_bytes - 1, buffer_bytes, buffer_bytes + 1, 16'384, 16'385, 65'536, 262'144};
  for_every_server([&](const std::string& runtime, buffer_policy policy) {
    echo_server server(runtime, policy);
    std::vector<loopback_client> clients;
    std::size_t total_bytes = 0;
    for (std::size_t i = 0; i < 2 * sizes.size(); ++i) {
      const std::size_t size_bytes = sizes[i % sizes.size()];
      loopback_client& added =
          clients.emplace_back(server.port(), i < sizes.size() ? 0 : little_room_bytes);
      REQUIRE(added.send(pattern_bytes(size_bytes)));
      added.finish_sending();
      total_bytes += size_bytes;
    }
    for (std::size_t i = 0; i < clients.size(); ++i) {
      const auto echoed = clients[i].receive_all();
      CHECK(echoed.error_number == 0);
      CHECK((echoed.data == pattern_bytes(sizes[i % sizes.size()])));
    }
    const auto counts = server.stop();
    CHECK(counts.bytes == total_bytes);
    CHECK(counts.units >= total_bytes / buffer_bytes);
    CHECK(counts.errors == 0);
  });
}

TEST_CASE("more than all buffers on the way hold comes back whole to a slow reader") {
  const std::vector<std::byte> outgoing = pattern_bytes((std::size_t{4} << 20U) + 4099);
  for_every_server([&](const std::string& runtime, buffer_policy policy) {
    echo_server server(runtime, policy);
    loopback_client client(server.port(), 4 * little_room_bytes);
    std::thread sending([&] {
      client.send(outgoing);
      client.finish_sending();
    });
    const auto echoed = client.receive_all();
    sending.join();
    CHECK(echoed.error_number == 0);
    CHECK((echoed.data == outgoing));
    CHECK(server.stop().bytes == outgoing.size());
  });
}

TEST_CASE("signals that a handler takes lose no byte") {
  const std::vector<std::byte> outgoing = pattern_bytes(100'000);
  for_every_server([&](const std::string& runtime, buffer_policy policy) {
    echo_server server(runtime, policy);
    const test::interruptions of_the_server(server.thread());
    for (int i = 0; i < 4; ++i) {
      loopback_client client(server.port());
      std::this_thread::sleep_for(std::chrono::milliseconds(2));  // waits with nothing to do
      client.send(outgoing);
      client.finish_sending();
      CHECK((client.receive_all().data == outgoing));
    }
  });
}

/// Leaves whoever connects to this process's listener of that port little room to be sent to.
void narrow_listener(std::uint16_t port) {
  for (int descriptor = 0; descriptor < 1024; ++descriptor) {
    sockaddr_in own{};
    socklen_t size = sizeof own;
    if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&own), &size) != 0) continue;
    if (own.sin_family != AF_INET || ntohs(own.sin_port) != port) continue;
    ::setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &little_room_bytes, sizeof little_room_bytes);
  }
}

TEST_CASE("bytes that did not all get to the peer are not counted as echoed") {
  constexpr std::size_t message_bytes = 32'768;  // read at once, and more than there is room for
  for_every_server([&](const std::string& runtime, buffer_policy policy) {
    echo_server server(runtime, policy, message_bytes);
    narrow_listener(server.port());
    loopback_client deaf(server.port(), little_room_bytes);
    REQUIRE(deaf.send(pattern_bytes(message_bytes)));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // for the write to have begun
    deaf.reset();
    CHECK(server.stop().bytes < message_bytes);
  });
}

TEST_CASE("an end of a connection is an error unless a client or a stop brought it about") {
  c10k::echo_counters<workloads::tasks_on::one_thread> counters;
  for (const int no_error : {0, ECONNRESET, EPIPE, ECANCELED}) counters.error(no_error);
  counters.add(100);
  counters.add(28);
  auto counts = counters.counts();
  CHECK(counts.errors == 0);
  CHECK(counts.first_error.empty());
  CHECK(counts.units == 2);
  CHECK(counts.bytes == 128);
  CHECK(counts.checksum == 0);
  for (const int error : {ENOBUFS, EMFILE, ETIMEDOUT, EBADF}) counters.error(error);
  counts = counters.counts();
  CHECK(counts.errors == 4);
  CHECK_THAT(counts.first_error, test::contains("No buffer space"));
}

}  // namespace
