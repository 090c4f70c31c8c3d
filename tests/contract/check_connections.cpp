#include "tests/contract/check_connections.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <mutex>
#include <netinet/tcp.h>
#include <set>
#include <system_error>
#include <thread>
#include <vector>

#include "tests/contract/stage.hpp"
#include "tests/loopback_client.hpp"

namespace skein::contract {

namespace {

/// Spawns a task that cancels `target` and then says so.
template <class Target>
void add_canceller(stage& scene, Target& target, std::atomic<bool>& cancelled) {
  scene.add([&target, &cancelled](actor& self) -> act {
    co_await self.sleep_until(from_now(3 * ns_per_ms));
    self.scheduler().cancel(target);
    cancelled = true;
  });
}

}  // namespace

verdict c5_cancel_ends_a_read(const subject& of) {
  stage scene(of);
  auto listening = scene.listen();
  const test::loopback_client silent(listening.port);
  std::atomic<bool> cancelled{false};
  scene.add([&](actor& self) -> act {
    auto* peer = co_await self.accept(listening.at);
    add_canceller(self.on(), *peer, cancelled);
    for (int i = 0; i < 3; ++i) {
      const bytes chunk = co_await self.read(*peer);
      self.on().require(chunk.empty(), "C5", "a cancelled read had bytes");
      self.on().require(peer->error() == ECANCELED, "C5", "a cancelled read was not ECANCELED");
    }
    const bool written = co_await self.write(*peer, std::as_bytes(std::span("x")));
    self.on().require(!written, "C5", "a write after cancel was done");
    while (!cancelled && !self.on().hung()) co_await self.yield();
    self.close(*peer);
  });
  scene.play();
  return scene.found("C5");
}

verdict c5_cancel_ends_a_write(const subject& of) {
  const std::vector<std::byte> much(std::size_t{8} << 20U);
  stage scene(of);
  auto listening = scene.listen();
  const test::loopback_client never_reads(listening.port, 4096);
  std::atomic<bool> cancelled{false};
  scene.add([&](actor& self) -> act {
    auto* peer = co_await self.accept(listening.at);
    add_canceller(self.on(), *peer, cancelled);
    const bool written = co_await self.write(*peer, much);
    self.on().require(!written, "C5", "a cancelled write was done");
    self.on().require(peer->error() == ECANCELED, "C5", "a cancelled write was not ECANCELED");
    const bytes chunk = co_await self.read(*peer);
    self.on().require(chunk.empty(), "C5", "a read after cancel had bytes");
    while (!cancelled && !self.on().hung()) co_await self.yield();
    self.close(*peer);
  });
  scene.play();
  return scene.found("C5");
}

verdict c5_cancel_ends_an_accept(const subject& of) {
  stage scene(of);
  auto listening = scene.listen();
  std::atomic<bool> cancelled{false};
  scene.add([&](actor& self) -> act {
    add_canceller(self.on(), listening.at, cancelled);
    auto* peer = co_await self.accept(listening.at);
    self.on().require(peer == nullptr, "C5", "a cancelled accept had a connection");
    auto* later = co_await self.accept(listening.at);
    self.on().require(later == nullptr, "C5", "an accept after cancel had a connection");
  });
  scene.play();
  return scene.found("C5");
}

namespace {

/// Clients that come, send their number and go, some by a reset, so that descriptors and slots are
/// reused at once. The last one sends `last_visitor`.
constexpr std::uint16_t last_visitor = 0xffff;

void visit_often(std::uint16_t port, std::uint16_t rounds) {
  constexpr std::uint16_t at_once = 4;
  for (std::uint16_t round = 0; round < rounds; ++round) {
    std::vector<test::loopback_client> visitors;
    for (std::uint16_t i = 0; i < at_once; ++i) visitors.emplace_back(port);
    for (std::uint16_t i = 0; i < at_once; ++i) {
      const std::array<std::uint16_t, 2> name{static_cast<std::uint16_t>(round * at_once + i), i};
      visitors[i].send(std::as_bytes(std::span(name)));
      if (i % 2 == 1) visitors[i].reset();
    }
    // Every other round waits to be seen out, so that the next one surely gets used slots.
    for (std::uint16_t i = 0; i < at_once && round % 2 == 0; i += 2) {
      visitors[i].finish_sending();
      visitors[i].receive(1);
    }
  }
  const std::array<std::uint16_t, 2> name{last_visitor, 0};
  test::loopback_client last(port);
  last.send(std::as_bytes(std::span(name)));
}

}  // namespace

verdict c6_a_new_connection_sees_nothing_of_an_old_one(const subject& of) {
  constexpr std::uint16_t rounds = 60;
  stage scene(of);
  auto listening = scene.listen();
  std::mutex mutex;
  std::set<std::uint16_t> seen;
  const auto host = [&](actor& self, connection* peer) -> act {
    std::array<std::byte, 4> name{};
    std::size_t filled = 0;
    while (true) {
      const bytes chunk = co_await self.read(*peer);
      if (chunk.empty()) break;
      self.on().require(filled + chunk.size() <= name.size(), "C6", "bytes of two connections");
      if (filled + chunk.size() > name.size()) break;
      std::ranges::copy(chunk, name.begin() + static_cast<std::ptrdiff_t>(filled));
      filled += chunk.size();
    }
    self.close(*peer);
    const auto words = std::bit_cast<std::array<std::uint16_t, 2>>(name);
    const bool resets = words[1] % 2 == 1;
    const bool whole = filled == name.size() || (filled == 0);
    self.on().require(whole, "C6", "a connection ended with another one's end");
    if (filled == name.size() && words[0] == last_visitor) self.scheduler().cancel(listening.at);
    if (filled != name.size() || resets) co_return;
    const std::scoped_lock lock(mutex);
    self.on().require(seen.insert(words[0]).second, "C6", "bytes came twice");
  };
  scene.add([&](actor& self) -> act {
    while (true) {
      auto* peer = co_await self.accept(listening.at);
      if (peer == nullptr) break;
      self.on().add([peer, &host](actor& session) { return host(session, peer); });
    }
  });
  std::thread visiting([port = listening.port] {
    try {
      visit_often(port, rounds);
    } catch (const std::system_error&) {
      return;  // a liar may close the listener early: whom it did not see is the finding
    }
  });
  scene.play();
  visiting.join();
  scene.require(seen.size() == 2 * rounds + 1, "C6", "a connection lost its bytes");
  return scene.found("C6");
}

namespace {

/// This process's descriptor of the connection whose other end has the address `peer`; -1 if none.
int server_side_of(const sockaddr_in& peer) {
  for (int descriptor = 3; descriptor < 4096; ++descriptor) {
    sockaddr_in its{};
    socklen_t size = sizeof its;
    if (::getpeername(descriptor, reinterpret_cast<sockaddr*>(&its), &size) != 0) continue;
    if (its.sin_family == AF_INET && its.sin_port == peer.sin_port) return descriptor;
  }
  return -1;
}

}  // namespace

verdict c7_accepted_sockets_have_the_shared_options(const subject& of) {
  stage scene(of);
  auto listening = scene.listen();
  const test::loopback_client peer_of(listening.port);
  scene.add([&](actor& self) -> act {
    auto* peer = co_await self.accept(listening.at);
    const int descriptor = server_side_of(peer_of.address());
    int no_delay = 0;
    linger on_close{};
    socklen_t size = sizeof no_delay;
    ::getsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &no_delay, &size);
    size = sizeof on_close;
    ::getsockopt(descriptor, SOL_SOCKET, SO_LINGER, &on_close, &size);
    self.on().require(no_delay != 0, "C7", "an accepted socket lacks TCP_NODELAY");
    self.on().require(on_close.l_onoff == 0, "C7", "an accepted socket has SO_LINGER on");
    self.close(*peer);
  });
  scene.play();
  return scene.found("C7");
}

verdict c8_receive_goes_on_until_the_empty_chunk(const subject& of) {
  constexpr std::size_t chunks = 10;
  stage scene(of, options_with(buffer_policy::lent, 16));
  auto listening = scene.listen();
  test::loopback_client sending(listening.port);
  sending.send(test::pattern_bytes(chunks * 16));
  sending.finish_sending();
  scene.add([&](actor& self) -> act {
    auto* peer = co_await self.accept(listening.at);
    std::size_t received = 0;
    while (true) {
      const bytes chunk = co_await self.read(*peer);
      if (chunk.empty()) break;
      received += chunk.size();
    }
    self.on().require(received == chunks * 16, "C8", "receive ended before the stream did");
    for (int i = 0; i < 5; ++i) co_await self.yield();  // time for a chunk too many
    self.close(*peer);
  });
  scene.play();
  return scene.found("C8");
}

verdict c8_nothing_is_received_after_close(const subject& of) {
  stage scene(of, options_with(buffer_policy::lent, 16));
  auto listening = scene.listen();
  test::loopback_client sending(listening.port);
  sending.send(test::pattern_bytes(4096));
  scene.add([&](actor& self) -> act {
    auto* peer = co_await self.accept(listening.at);
    co_await self.read(*peer);
    self.close(*peer);
    for (int i = 0; i < 5; ++i) co_await self.yield();
    co_await self.sleep_until(from_now(ns_per_ms));
  });
  scene.play();
  return scene.found("C8");
}

}  // namespace skein::contract
