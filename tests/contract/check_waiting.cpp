#include "tests/contract/check_waiting.hpp"

#include <array>
#include <atomic>
#include <span>
#include <thread>
#include <vector>

#include "tests/contract/stage.hpp"
#include "tests/loopback_client.hpp"

namespace skein::contract {

verdict w1_sleeps_end_once_when_cancel_races_the_deadline(const subject& of) {
  constexpr std::size_t many = 64;
  stage scene(of);
  std::vector<sleep_timer> timers = scene.timers(many);
  std::atomic<std::size_t> ended{0};
  for (std::size_t i = 0; i < many; ++i) {
    scene.add([&, i](actor& self) -> act {
      for (int round = 0; round < 5; ++round) {
        co_await self.sleep_until(timers[i], from_now(ns_per_ms));
        for (int turn = 0; turn < 3; ++turn) co_await self.yield();
      }
      ++ended;
    });
  }
  scene.add([&](actor& self) -> act {
    while (ended < many && !self.on().hung()) {
      for (sleep_timer& each : timers) self.scheduler().cancel(each);
      co_await self.sleep_until(from_now(ns_per_ms));
      co_await self.yield();
    }
  });
  scene.play();
  scene.require(ended == many, "W1", "a wait never ended");
  return scene.found("W1");
}

verdict w1_reads_end_once_when_cancel_races_the_bytes(const subject& of) {
  constexpr std::size_t peers = 24;
  stage scene(of);
  auto listening = scene.listen();
  std::vector<test::loopback_client> clients;
  for (std::size_t i = 0; i < peers; ++i) clients.emplace_back(listening.port);
  std::vector<std::atomic<bool>> cancelled(peers);
  std::atomic<std::size_t> ended{0};
  scene.add([&](actor& self) -> act {
    std::array<connection*, peers> accepted{};
    for (std::size_t i = 0; i < peers; ++i) {
      auto* peer = co_await self.accept(listening.at);
      accepted[i] = peer;
      self.on().add([peer, i, &cancelled, &ended](actor& reader) -> act {
        while (true) {
          const bytes chunk = co_await reader.read(*peer);
          if (chunk.empty()) break;
          co_await reader.yield();
        }
        ++ended;
        while (!cancelled[i]) co_await reader.yield();
        reader.close(*peer);
      });
    }
    for (std::size_t i = 0; i < peers; ++i) {
      clients[i].send_byte(std::byte{1});
      if (i % 3 != 0) co_await self.yield();
      self.scheduler().cancel(*accepted[i]);
      if (i % 3 == 2) clients[i].send_byte(std::byte{2});
      cancelled[i] = true;
    }
  });
  scene.play();
  scene.require(ended == peers, "W1", "reads ended too often, or not at all");
  return scene.found("W1");
}

verdict w1_writes_end_once_when_cancel_races_the_room(const subject& of) {
  constexpr std::size_t peers = 8;
  const std::vector<std::byte> much(std::size_t{6} << 20U);
  stage scene(of);
  auto listening = scene.listen();
  std::vector<test::loopback_client> clients;
  for (std::size_t i = 0; i < peers; ++i) clients.emplace_back(listening.port, 65'536);
  std::vector<std::atomic<bool>> cancelled(peers);
  std::atomic<std::size_t> ended{0};
  std::atomic<bool> all_write{false};
  scene.add([&](actor& self) -> act {
    std::array<connection*, peers> accepted{};
    for (std::size_t i = 0; i < peers; ++i) {
      auto* peer = co_await self.accept(listening.at);
      accepted[i] = peer;
      self.on().add([&, peer, i](actor& writer) -> act {
        const bool written = co_await writer.write(*peer, much);
        writer.on().require(written || peer->error() != 0, "W1", "a write failed without an error");
        ++ended;
        for (int turn = 0; turn < 3 || !cancelled[i]; ++turn) co_await writer.yield();
        writer.close(*peer);
      });
    }
    co_await self.sleep_until(from_now(ns_per_ms));
    all_write = true;
    for (std::size_t i = 0; i < peers; ++i) {
      if (i % 2 == 0) co_await self.sleep_until(from_now(ns_per_ms / 4));
      self.scheduler().cancel(*accepted[i]);
      cancelled[i] = true;
    }
  });
  std::thread reading([&] {
    while (!all_write && !scene.hung()) std::this_thread::yield();
    for (test::loopback_client& each : clients) each.receive_all();
  });
  scene.play();
  all_write = true;
  reading.join();
  scene.require(ended == peers, "W1", "writes ended too often, or not at all");
  return scene.found("W1");
}

namespace {

template <class BusyTurn>
verdict w2_turns_are_shared(const subject& of, std::size_t turns, BusyTurn busy_turn) {
  if (!of.single_threaded) return std::nullopt;  // the kernel shares between threads
  const scheduler_options options = options_with(buffer_policy::lent, 16);
  stage scene(of, options);
  auto listening = scene.listen();
  test::loopback_client peer_of(listening.port);
  peer_of.send(test::pattern_bytes(turns * options.buffer_bytes));
  bool over = false;
  std::size_t in_a_row = 0;
  std::size_t longest_row = 0;
  scene.add([&](actor& self) -> act {
    auto* peer = co_await self.accept(listening.at);
    self.on().add([&](actor& other) -> act {
      while (!over) {
        in_a_row = 0;
        co_await other.yield();
      }
    });
    co_await self.sleep_until(from_now(2 * ns_per_ms));  // all bytes are here, and the other runs
    for (std::size_t turn = 0; turn < turns; ++turn) {
      co_await busy_turn(self, *peer);
      longest_row = std::max(longest_row, ++in_a_row);
    }
    over = true;
    self.close(*peer);
  });
  scene.play();
  scene.require(longest_row <= options.inline_budget + 1, "W2",
                "a task went on inline beyond the budget");
  return scene.found("W2");
}

}  // namespace

verdict w2_a_reader_with_much_to_read_starves_nobody(const subject& of) {
  return w2_turns_are_shared(of, 2000,
                             [](actor& self, connection& peer) { return self.read(peer); });
}
verdict w2_a_writer_with_room_starves_nobody(const subject& of) {
  return w2_turns_are_shared(of, 2000, [](actor& self, connection& peer) {
    return self.write(peer, std::as_bytes(std::span("x", 1)));
  });
}
verdict w2_a_sleeper_into_the_past_starves_nobody(const subject& of) {
  return w2_turns_are_shared(of, 2000,
                             [](actor& self, connection&) { return self.sleep_until(0); });
}
verdict w2_a_reader_of_a_cancelled_connection_starves_nobody(const subject& of) {
  if (of.callback_style) return std::nullopt;
  return w2_turns_are_shared(of, 2000, [](actor& self, connection& peer) {
    self.scheduler().cancel(peer);
    return self.read(peer);
  });
}

verdict w3_nothing_is_alive_after_run(const subject& of) {
  constexpr std::size_t peers = 10;
  stage scene(of);
  auto listening = scene.listen();
  std::vector<test::loopback_client> clients;
  for (std::size_t i = 0; i < peers; ++i)
    clients.emplace_back(listening.port).send(test::pattern_bytes(10));
  scene.add([&](actor& self) -> act {
    for (std::size_t i = 0; i < peers; ++i) {
      auto* peer = co_await self.accept(listening.at);
      self.on().add([peer](actor& session) -> act {
        co_await session.read(*peer);
        co_await session.sleep_until(from_now(ns_per_ms));
        session.close(*peer);
      });
    }
    self.on().require(self.scheduler().live().tasks > 0, "W3", "a running task was not alive");
  });
  scene.play_plainly();
  const live_counts left = scene.scheduler().live();
  scene.require(left.tasks == 0, "W3", "tasks were alive after run");
  scene.require(left.connections == 0, "W3", "connections were alive after run");
  return scene.found("W3");
}

verdict w3_what_is_alive_is_counted(const subject& of) {
  constexpr std::size_t peers = 4;
  stage scene(of);
  auto listening = scene.listen();
  std::vector<test::loopback_client> clients;
  for (std::size_t i = 0; i < peers; ++i) clients.emplace_back(listening.port);
  scene.require(scene.scheduler().live().tasks == 0, "W3", "a task was alive before the first");
  std::atomic<bool> done{false};
  scene.add([&](actor& self) -> act {
    std::vector<connection*> accepted;
    const auto alive = [&self] { return self.scheduler().live(); };
    for (std::size_t i = 0; i < peers; ++i) {
      accepted.push_back(co_await self.accept(listening.at));
      // Where accept is a stream, later ones may be there already.
      const std::size_t counted = alive().connections;
      self.on().require(i < counted && counted <= peers, "W3", "an accepted one was not alive");
    }
    for (std::size_t i = 0; i < peers; ++i) {
      self.on().add([&done](actor& other) -> act {
        while (!done) co_await other.sleep_until(from_now(ns_per_ms / 2));
      });
      self.on().require(alive().tasks == i + 2, "W3", "a spawned task was not alive");
    }
    self.scheduler().cancel(*accepted[0]);
    self.on().require(alive().connections == peers, "W3", "a cancelled connection was not alive");
    for (std::size_t i = 0; i < peers; ++i) {
      self.close(*accepted[i]);
      co_await self.yield();  // a library may let go of it in a later phase of its turn
      self.on().require(alive().connections == peers - 1 - i, "W3", "a closed one was alive");
    }
    done = true;
    while (alive().tasks > 1 && !self.on().hung()) co_await self.yield();
  });
  scene.play();
  const live_counts left = scene.scheduler().live();
  scene.require(left.tasks == 0 && left.connections == 0, "W3", "something was alive after run");
  return scene.found("W3");
}

}  // namespace skein::contract
