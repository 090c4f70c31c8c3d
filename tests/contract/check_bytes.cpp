#include "tests/contract/check_bytes.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <thread>
#include <vector>

#include "tests/contract/stage.hpp"
#include "tests/loopback_client.hpp"

namespace skein::contract {

namespace {

/// Reads to the end of the stream and holds every byte against the pattern. `busy` reads come late:
/// the task does something else before each.
act read_pattern(actor& self, connection& peer, std::size_t buffer_bytes, std::size_t& position,
                 int busy = 0) {
  while (true) {
    if (busy-- > 0) co_await self.sleep_until(from_now(2 * ns_per_ms));
    const bytes chunk = co_await self.read(peer);
    if (chunk.empty()) break;
    self.on().require(chunk.size() <= buffer_bytes, "C1", "a read returned more than the buffer");
    for (const std::byte each : chunk) {
      self.on().require(each == test::pattern_at(position), "C1",
                        "bytes were lost, moved or changed");
      ++position;
    }
  }
  self.on().require(peer.error() == 0 || self.on().hung(), "C1", "an orderly end had an error");
  self.close(peer);
}

}  // namespace

verdict c1_bytes_arrive_complete_in_order_unchanged(const subject& of, buffer_policy policy) {
  constexpr std::size_t stream_bytes = 300'007;
  constexpr std::size_t buffer_bytes = 1024;
  stage scene(of, options_with(policy, buffer_bytes));
  auto listening = scene.listen();
  std::size_t position = 0;
  connection* peer = nullptr;
  scene.add([&](actor& self) -> act {
    peer = co_await self.accept(listening.at);
    self.on().require(peer != nullptr, "C1", "a connection was not accepted");
    if (peer == nullptr) co_return;
    self.on().add(
        [&](actor& reader) { return read_pattern(reader, *peer, buffer_bytes, position); });
  });
  std::thread sending([port = listening.port] {
    test::loopback_client sender(port);
    const std::vector<std::byte> stream = test::pattern_bytes(stream_bytes);
    for (std::size_t sent = 0, piece = 1; sent < stream_bytes; piece = piece * 3 % 10'007) {
      const std::size_t size_bytes = std::min(piece, stream_bytes - sent);
      if (!sender.send(std::span(stream).subspan(sent, size_bytes))) break;
      sent += size_bytes;
    }
    sender.finish_sending();
    sender.receive(1);
  });
  scene.play();
  sending.join();
  scene.require(position == stream_bytes, "C1", "the stream did not arrive complete");
  return scene.found("C1");
}

verdict c1_the_end_is_seen_behind_the_last_bytes(const subject& of) {
  constexpr std::size_t peers = 20;
  constexpr std::size_t buffer_bytes = 64;
  stage scene(of, options_with(buffer_policy::lent, buffer_bytes));
  auto listening = scene.listen();
  std::array<std::size_t, peers> position{};
  scene.add([&](actor& self) -> act {
    for (std::size_t& each : position) {
      auto* peer = co_await self.accept(listening.at);
      if (peer == nullptr) co_return;
      self.on().add(
          [peer, &each](actor& reader) { return read_pattern(reader, *peer, buffer_bytes, each); });
    }
  });
  std::vector<test::loopback_client> clients;
  for (std::size_t i = 0; i < peers; ++i) {
    clients.emplace_back(listening.port).send(test::pattern_bytes(i * buffer_bytes / 4));
    clients.back().finish_sending();
  }
  scene.play();
  for (std::size_t i = 0; i < peers; ++i) {
    scene.require(position[i] == i * buffer_bytes / 4, "C1", "the last bytes were lost");
  }
  return scene.found("C1");
}

verdict c1_bytes_wait_for_a_task_that_is_busy(const subject& of, buffer_policy policy) {
  constexpr std::size_t stream_bytes = 400'009;
  constexpr std::size_t buffer_bytes = 4096;
  stage scene(of, options_with(policy, buffer_bytes));
  auto listening = scene.listen();
  std::size_t position = 0;
  scene.add([&](actor& self) -> act {
    auto* peer = co_await self.accept(listening.at);
    self.on().add([&, peer](actor& reader) {
      return read_pattern(reader, *peer, buffer_bytes, position, 4);
    });
  });
  std::thread sending([port = listening.port] {
    test::loopback_client sender(port);
    sender.send(test::pattern_bytes(stream_bytes));
    sender.finish_sending();
    sender.receive(1);
  });
  scene.play();
  sending.join();
  scene.require(position == stream_bytes, "C1", "the stream did not arrive complete");
  return scene.found("C1");
}

verdict c1_a_reset_is_an_error(const subject& of) {
  stage scene(of);
  auto listening = scene.listen();
  test::loopback_client resetting(listening.port);
  scene.add([&](actor& self) -> act {
    auto* peer = co_await self.accept(listening.at);
    resetting.reset();
    const bytes chunk = co_await self.read(*peer);
    self.on().require(chunk.empty(), "C1", "a reset connection had bytes");
    self.on().require(peer->error() == ECONNRESET || self.on().hung(), "C1",
                      "a reset did not show as ECONNRESET");
    self.close(*peer);
  });
  scene.play();
  return scene.found("C1");
}

verdict c3_bytes_are_valid_as_long_as_promised(const subject& of, buffer_policy policy) {
  stage scene(of, options_with(policy));
  auto listening = scene.listen();
  test::loopback_client first(listening.port);
  test::loopback_client second(listening.port);
  const std::vector<std::byte> a(100, std::byte{'a'});
  const std::vector<std::byte> b(100, std::byte{'b'});
  first.send(a);
  second.send(b);
  std::atomic<bool> other_has_read{false};
  scene.add([&](actor& self) -> act {
    auto* of_a = co_await self.accept(listening.at);
    auto* of_b = co_await self.accept(listening.at);
    const bytes chunk = co_await self.read(*of_a);
    self.on().add([of_b, &b, &other_has_read](actor& other) -> act {
      const bytes theirs = co_await other.read(*of_b);
      other.on().require(std::ranges::equal(theirs, b), "C3", "bytes changed before a wait");
      other.close(*of_b);
      other_has_read = true;
    });
    self.on().require(std::ranges::equal(chunk, a), "C3", "bytes changed before a wait");
    if (policy == buffer_policy::own) {
      while (!other_has_read && !self.on().hung()) co_await self.yield();
      self.on().require(std::ranges::equal(chunk, a), "C3",
                        "own bytes changed before the connection's next read");
    }
    self.close(*of_a);
  });
  scene.play();
  return scene.found("C3");
}

}  // namespace skein::contract
