// Clauses W1 to W3: waits end once, nobody starves the others, nothing is left behind.
#pragma once

#include "tests/contract/check_connections.hpp"
#include "tests/contract/stage.hpp"
#include "tests/contract/subjects.hpp"

namespace skein::contract {

/// Sleeps whose timers fire and are cancelled at the same time end once each. In the callback style
/// the adapter sees a second end; in the others it would resume a task that waits for something
/// else, which is why tasks yield in between.
template <class S>
verdict w1_sleeps_end_once_when_cancel_races_the_deadline() {
  constexpr std::size_t many = 64;
  stage<S> scene;
  std::vector<typename S::timer> timers(many);
  std::atomic<std::size_t> ended{0};
  for (std::size_t i = 0; i < many; ++i) {
    scene.add([&, i](actor<S>& self) -> act {
      for (int round = 0; round < 5; ++round) {
        co_await self.sleep_until(timers[i], from_now(ns_per_ms));
        for (int turn = 0; turn < 3; ++turn) co_await self.yield();
      }
      ++ended;
    });
  }
  scene.add([&](actor<S>& self) -> act {
    while (ended < many && !self.on().hung()) {
      for (typename S::timer& each : timers) self.scheduler().cancel(each);
      co_await self.sleep_until(from_now(ns_per_ms));
      co_await self.yield();
    }
  });
  scene.play();
  scene.require(ended == many, "W1", "a wait never ended");
  return scene.found("W1");
}

/// Reads whose bytes come while they are cancelled end once each.
template <class S>
verdict w1_reads_end_once_when_cancel_races_the_bytes() {
  constexpr std::size_t peers = 24;
  stage<S> scene;
  auto door = scene.listen();
  std::vector<test::loopback_client> clients;
  for (std::size_t i = 0; i < peers; ++i) clients.emplace_back(door.port);
  std::vector<std::atomic<bool>> cancelled(peers);
  std::atomic<std::size_t> ended{0};
  scene.add([&](actor<S>& self) -> act {
    std::array<typename S::connection*, peers> accepted{};
    for (std::size_t i = 0; i < peers; ++i) {
      auto* peer = co_await self.accept(door.at);
      accepted[i] = peer;
      self.on().add([peer, i, &cancelled, &ended](actor<S>& reader) -> act {
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

/// What a task does again and again, each time finished at once if the runtime so chooses, beside
/// another that wants its turn. At most `inline_budget` in a row may pass without it.
template <class S, class BusyTurn>
verdict w2_turns_are_shared(std::size_t turns, BusyTurn busy_turn) {
  if constexpr (!single_threaded<S>) return std::nullopt;  // the kernel shares between threads
  const scheduler_options options = options_with(buffer_policy::lent, 16);
  stage<S> scene(options);
  auto door = scene.listen();
  test::loopback_client peer_of(door.port);
  peer_of.send(test::pattern_bytes(turns * options.buffer_bytes));
  bool over = false;
  std::size_t in_a_row = 0;
  std::size_t longest_row = 0;
  scene.add([&](actor<S>& self) -> act {
    auto* peer = co_await self.accept(door.at);
    self.on().add([&](actor<S>& other) -> act {
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

template <class S>
verdict w2_a_reader_with_much_to_read_starves_nobody() {
  return w2_turns_are_shared<S>(
      2000, [](actor<S>& self, typename S::connection& peer) { return self.read(peer); });
}
template <class S>
verdict w2_a_writer_with_room_starves_nobody() {
  return w2_turns_are_shared<S>(2000, [](actor<S>& self, typename S::connection& peer) {
    return self.write(peer, std::as_bytes(std::span("x", 1)));
  });
}
template <class S>
verdict w2_a_sleeper_into_the_past_starves_nobody() {
  return w2_turns_are_shared<S>(
      2000, [](actor<S>& self, typename S::connection&) { return self.sleep_until(0); });
}
/// Also when every wait ends at once because it is cancelled. (In the callback style a receive ends
/// once; there is no next one to ask for.)
template <class S>
verdict w2_a_reader_of_a_cancelled_connection_starves_nobody() {
  if constexpr (callback_scheduler<S>) return std::nullopt;
  return w2_turns_are_shared<S>(2000, [](actor<S>& self, typename S::connection& peer) {
    self.scheduler().cancel(peer);
    return self.read(peer);
  });
}

/// A run that closes what it accepted leaves nothing alive.
template <class S>
verdict w3_nothing_is_alive_after_run() {
  constexpr std::size_t peers = 10;
  stage<S> scene;
  auto door = scene.listen();
  std::vector<test::loopback_client> clients;
  for (std::size_t i = 0; i < peers; ++i)
    clients.emplace_back(door.port).send(test::pattern_bytes(10));
  scene.add([&](actor<S>& self) -> act {
    for (std::size_t i = 0; i < peers; ++i) {
      auto* peer = co_await self.accept(door.at);
      self.on().add([peer](actor<S>& session) -> act {
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

}  // namespace skein::contract
