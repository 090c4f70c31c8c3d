#include "tests/contract/check_writing.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "tests/contract/stage.hpp"
#include "tests/loopback_client.hpp"

namespace skein::contract {

verdict c2_a_large_write_to_a_slow_reader_is_complete(const subject& of) {
  constexpr std::size_t stream_bytes = (std::size_t{6} << 20U) + 13;
  stage scene(of);
  auto listening = scene.listen();
  std::vector<std::byte> outgoing = test::pattern_bytes(stream_bytes);
  scene.add([&](actor& self) -> act {
    auto* peer = co_await self.accept(listening.at);
    const bool written = co_await self.write(*peer, outgoing);
    self.on().require(written || self.on().hung(), "C2", "a write failed for no reason");
    std::fill(outgoing.begin(), outgoing.end(), std::byte{0xee});
    self.close(*peer);
  });
  std::vector<std::byte> received;
  std::thread slow([&received, port = listening.port] {
    test::loopback_client peer(port, 16 * 1024);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    received = peer.receive(stream_bytes);
  });
  scene.play();
  slow.join();
  scene.require(received == test::pattern_bytes(stream_bytes), "C2",
                "a completed write was not complete");
  return scene.found("C2");
}

verdict c2_small_and_empty_writes_are_complete(const subject& of) {
  constexpr std::size_t writes = 20;
  stage scene(of);
  auto listening = scene.listen();
  test::loopback_client client(listening.port);
  scene.add([&](actor& self) -> act {
    auto* peer = co_await self.accept(listening.at);
    std::vector<std::byte> outgoing(1);
    const std::span<const std::byte> nothing;
    for (std::size_t i = 0; i < writes; ++i) {
      outgoing[0] = test::pattern_at(i);
      const bool written = co_await self.write(*peer, outgoing);
      const bool of_nothing = co_await self.write(*peer, nothing);
      self.on().require(written && of_nothing, "C2", "a write failed for no reason");
      outgoing[0] = std::byte{0xee};
    }
    self.on().require(peer->error() == 0, "C2", "a complete write left an error");
    self.close(*peer);
  });
  scene.play();
  scene.require(client.receive_all().data == test::pattern_bytes(writes), "C2",
                "a completed write was not complete");
  return scene.found("C2");
}

verdict c2_a_write_to_nobody_fails(const subject& of) {
  const std::vector<std::byte> data(64 * 1024);
  stage scene(of);
  auto listening = scene.listen();
  test::loopback_client leaving(listening.port);
  scene.add([&](actor& self) -> act {
    auto* peer = co_await self.accept(listening.at);
    leaving.reset();
    bool written = true;
    for (int i = 0; i < 1000 && written; ++i) written = co_await self.write(*peer, data);
    self.on().require(!written, "C2", "writing to a peer that is gone went on");
    if (!written) {
      const bytes chunk = co_await self.read(*peer);
      self.on().require(chunk.empty(), "C2", "a read after a failed write had bytes");
      self.on().require(peer->error() != 0, "C2", "a failed write left no error");
    }
    self.close(*peer);
  });
  scene.play();
  return scene.found("C2");
}

namespace {

/// A connection on which one task writes far more than its peer takes, while another reads, and
/// what the peer does meanwhile, on a thread of its own.
template <class Peer, class AfterRead, class AfterWrite>
verdict read_beside_a_large_write(const subject& of, buffer_policy policy, std::size_t size_bytes,
                                  const char* clause, Peer of_peer, AfterRead after_read,
                                  AfterWrite after_write) {
  const std::vector<std::byte> outgoing = test::pattern_bytes(size_bytes);
  stage scene(of, options_with(policy));
  auto listening = scene.listen();
  test::loopback_client client(listening.port, 65'536);
  std::atomic<int> ended{0};
  std::atomic<bool> both_wait{false};
  scene.add([&](actor& self) -> act {
    auto* peer = co_await self.accept(listening.at);
    self.on().add([&, peer](actor& reader) -> act {
      const bytes chunk = co_await reader.read(*peer);
      if (!reader.on().hung()) after_read(reader.on(), *peer, chunk);
      ++ended;
    });
    co_await self.yield();
    co_await self.sleep_until(from_now(ns_per_ms));
    self.on().add([&, peer](actor& writer) -> act {
      const bool written = co_await writer.write(*peer, outgoing);
      if (!writer.on().hung()) after_write(writer.on(), *peer, written);
      ++ended;
    });
    co_await self.sleep_until(from_now(ns_per_ms));
    both_wait = true;
    while (ended < 2 && !self.on().hung()) co_await self.sleep_until(from_now(ns_per_ms / 2));
    self.close(*peer);
  });
  std::thread talking([&] {
    while (!both_wait && !scene.hung()) std::this_thread::yield();
    of_peer(client, outgoing, scene);
  });
  scene.play();
  both_wait = true;
  talking.join();
  return scene.found(clause);
}

/// A runtime may read in another way where buffers are own.
template <class... More>
verdict read_beside_a_large_write(const subject& of, std::size_t size_bytes, More... more) {
  for (const buffer_policy policy : {buffer_policy::lent, buffer_policy::own}) {
    if (auto broken = read_beside_a_large_write(of, policy, size_bytes, more...)) return broken;
  }
  return std::nullopt;
}

constexpr auto receives_it_all = [](auto& client, const auto& outgoing, stage& scene) {
  scene.require(client.receive(outgoing.size()) == outgoing || scene.hung(), "C2",
                "a write beside a pending read was cut");
};
constexpr auto is_complete = [](stage& scene, connection&, bool written) {
  scene.require(written, "C2", "a write beside a pending read failed");
};

}  // namespace

verdict c2_a_reset_ends_a_pending_write(const subject& of) {
  return read_beside_a_large_write(
      of, std::size_t{8} << 20U, "C2",
      [](test::loopback_client& client, const auto&, stage&) { client.reset(); },
      [](stage& scene, connection&, bytes chunk) {
        scene.require(chunk.empty(), "C2", "a reset connection had bytes");
      },
      [](stage& scene, connection& peer, bool written) {
        scene.require(!written, "C2", "a write to a peer that was gone was done");
        scene.require(peer.error() != 0, "C2", "a failed write left no error");
      });
}

verdict c2_a_pending_write_goes_on_behind_the_peers_end(const subject& of) {
  return read_beside_a_large_write(
      of, std::size_t{8} << 20U, "C2",
      [](test::loopback_client& client, const auto& outgoing, stage& scene) {
        client.finish_sending();
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        receives_it_all(client, outgoing, scene);
      },
      [](stage& scene, connection& peer, bytes chunk) {
        scene.require(chunk.empty(), "C2", "bytes came that nobody had sent");
        scene.require(peer.error() == 0, "C2", "an orderly end had an error");
      },
      is_complete);
}

verdict c4_a_read_and_a_write_are_pending_together(const subject& of) {
  constexpr std::size_t stream_bytes = std::size_t{6} << 20U;
  const std::vector<std::byte> outgoing = test::pattern_bytes(stream_bytes);
  stage scene(of);
  auto listening = scene.listen();
  std::atomic<bool> reads{false};
  std::atomic<bool> has_read{false};
  scene.add([&](actor& self) -> act {
    auto* peer = co_await self.accept(listening.at);
    self.on().add([peer, &reads, &has_read](actor& reader) -> act {
      reads = true;
      const bytes chunk = co_await reader.read(*peer);
      reader.on().require(chunk.size() == 1 || reader.on().hung(), "C4",
                          "a read beside a pending write failed");
      has_read = true;
    });
    while (!reads) co_await self.yield();
    const bool written = co_await self.write(*peer, outgoing);
    self.on().require(written || self.on().hung(), "C4", "a write beside a pending read failed");
    while (!has_read && !self.on().hung()) co_await self.sleep_until(from_now(ns_per_ms));
    self.close(*peer);
  });
  std::size_t received_bytes = 0;
  std::thread talking([&received_bytes, port = listening.port] {
    test::loopback_client peer(port, 16 * 1024);
    received_bytes = peer.receive(stream_bytes).size();
    peer.send_byte(std::byte{1});
    peer.receive(1);
  });
  scene.play();
  talking.join();
  scene.require(received_bytes == stream_bytes, "C4", "a write beside a pending read was cut");
  return scene.found("C4");
}

verdict c4_bytes_that_come_during_a_write_are_read(const subject& of) {
  // Below, at and above what the kernel takes at once, and what its largest buffer takes.
  for (const std::size_t size_bytes :
       {std::size_t{64} << 10U, std::size_t{1} << 20U, std::size_t{4} << 20U,
        (std::size_t{4} << 20U) + 1, std::size_t{8} << 20U}) {
    const auto broken = read_beside_a_large_write(
        of, size_bytes, "C4",
        [](test::loopback_client& client, const auto& outgoing, stage& scene) {
          client.send(test::pattern_bytes(100));
          std::this_thread::sleep_for(std::chrono::milliseconds(2));
          receives_it_all(client, outgoing, scene);
        },
        [](stage& scene, connection&, bytes chunk) {
          scene.require(std::ranges::equal(chunk, test::pattern_bytes(100)), "C4",
                        "bytes that came during a write were lost");
        },
        is_complete);
    if (broken) return broken;
  }
  return std::nullopt;
}

}  // namespace skein::contract
