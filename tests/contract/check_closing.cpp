#include "tests/contract/check_closing.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <optional>
#include <thread>
#include <vector>

#include "tests/contract/stage.hpp"
#include "tests/loopback_client.hpp"

namespace skein::contract {

namespace {

constexpr int little_room_bytes = 4096;
/// More than the peer's kernel takes, and less than ours does.
constexpr std::size_t tail_bytes = std::size_t{256} * 1024;

void require_whole(stage& scene, const test::loopback_client::whole_stream& received,
                   std::size_t size_bytes) {
  scene.require(received.data == test::pattern_bytes(size_bytes), "C1",
                "a peer did not get all that was written before close");
  scene.require(received.error_number == 0, "C1", "a peer was reset in place of an end");
}

/// A server that writes to each of its peers and closes, and the peers.
verdict closes_behind_a_write(const subject& of, bool peers_finish_first) {
  constexpr std::array<std::size_t, 8> sizes{0,      1,      4095,       16'384,
                                             16'385, 65'537, tail_bytes, (3U << 20U) + 7};
  stage scene(of);
  auto listening = scene.listen();
  const std::vector<std::byte> outgoing = test::pattern_bytes(sizes.back());
  std::array<std::atomic<bool>, sizes.size()> closed{};
  scene.add([&](actor& self) -> act {
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      auto* peer = co_await self.accept(listening.at);
      if (peer == nullptr) co_return;
      self.on().add([&, peer, i](actor& session) -> act {
        if (peers_finish_first) {
          const bytes chunk = co_await session.read(*peer);
          session.on().require(chunk.empty(), "C1", "bytes came that nobody had sent");
        }
        const bool written = co_await session.write(*peer, bytes(outgoing).first(sizes[i]));
        session.on().require(written || session.on().hung(), "C1", "a write failed for no reason");
        session.close(*peer);
        closed[i] = true;
      });
    }
  });
  std::vector<test::loopback_client> clients;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const int room_bytes = sizes[i] < tail_bytes ? little_room_bytes : 4 * little_room_bytes;
    clients.emplace_back(listening.port, room_bytes);
    if (peers_finish_first) clients.back().finish_sending();
  }
  std::thread slow([&] {
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      // The largest does not fit into the kernel: its write waits for us.
      for (int turn = 0; turn < 20 && !closed[i]; ++turn) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
      require_whole(scene, clients[i].receive_all(), sizes[i]);
    }
  });
  scene.play();
  slow.join();
  return scene.found("C1");
}

}  // namespace

verdict c1_written_bytes_arrive_though_the_connection_is_closed(const subject& of) {
  if (auto broken = closes_behind_a_write(of, true)) return broken;
  return closes_behind_a_write(of, false);
}

verdict c1_written_bytes_arrive_though_the_connection_is_cancelled(const subject& of) {
  stage scene(of);
  auto listening = scene.listen();
  test::loopback_client client(listening.port, little_room_bytes);
  const std::vector<std::byte> outgoing = test::pattern_bytes(tail_bytes);
  scene.add([&](actor& self) -> act {
    auto* peer = co_await self.accept(listening.at);
    const bool written = co_await self.write(*peer, outgoing);
    self.on().require(written, "C1", "a write failed for no reason");
    self.scheduler().cancel(*peer);
    const bytes chunk = co_await self.read(*peer);
    self.on().require(chunk.empty(), "C1", "bytes came that nobody had sent");
    self.close(*peer);
  });
  scene.play();
  require_whole(scene, client.receive_all(), tail_bytes);
  return scene.found("C1");
}

verdict c1_written_bytes_arrive_though_the_scheduler_is_gone(const subject& of) {
  std::optional<stage> scene(std::in_place, of);
  auto listening = scene->listen();
  test::loopback_client client(listening.port, little_room_bytes);
  const std::vector<std::byte> outgoing = test::pattern_bytes(tail_bytes);
  scene->add([&](actor& self) -> act {
    auto* peer = co_await self.accept(listening.at);
    const bool written = co_await self.write(*peer, outgoing);
    self.on().require(written, "C1", "a write failed for no reason");
    self.scheduler().stop();
    const bytes chunk = co_await self.read(*peer);
    self.on().require(chunk.empty(), "C1", "bytes came that nobody had sent");
    self.close(*peer);
  });
  scene->play();
  if (auto broken = scene->found("C1")) return broken;
  scene.reset();
  const auto received = client.receive_all();
  if (received.data == outgoing && received.error_number == 0) return std::nullopt;
  return violation{"C1", "a peer did not get all that was written before stop"};
}

verdict c1_a_close_with_unread_input_ends_the_stream(const subject& of) {
  stage scene(of, options_with(buffer_policy::lent, 16));
  auto listening = scene.listen();
  test::loopback_client client(listening.port, little_room_bytes);
  client.wait_at_most(std::min(of.patience_ns, 10 * ns_per_s));
  client.send(test::pattern_bytes(10'000));
  const std::vector<std::byte> outgoing = test::pattern_bytes(tail_bytes);
  scene.add([&](actor& self) -> act {
    auto* peer = co_await self.accept(listening.at);
    co_await self.read(*peer);
    co_await self.write(*peer, outgoing);
    self.close(*peer);
  });
  scene.play();
  const auto received = client.receive_all();
  const bool timed_out = received.error_number == EAGAIN;
  scene.require(!timed_out, "C1", "a stream did not end with its connection");
  scene.require(received.data.size() <= tail_bytes &&
                    std::ranges::equal(received.data, bytes(outgoing).first(received.data.size())),
                "C1", "bytes were lost, moved or changed");
  return scene.found("C1");
}

}  // namespace skein::contract
