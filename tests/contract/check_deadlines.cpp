#include "tests/contract/check_deadlines.hpp"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <optional>
#include <thread>

#include "tests/contract/stage.hpp"
#include "tests/loopback_client.hpp"

namespace skein::contract {

namespace {

constexpr int rounds = 4;

bool is_byte(const std::optional<bytes>& chunk, int value) {
  return chunk && chunk->size() == 1 && (*chunk)[0] == static_cast<std::byte>(value);
}

/// The calling task gives its thread to nobody meanwhile.
void keep_thread_until(time_ns until_ns) {
  std::this_thread::sleep_for(std::chrono::nanoseconds(until_ns - monotonic_clock::now_ns()));
}

}  // namespace

/// And the connection is as it was: the next read gets what comes.
verdict w9_a_silent_read_gives_up_at_its_deadline(const subject& of) {
  if (!of.gives_up_reads) return std::nullopt;
  stage scene(of);
  auto listening = scene.listen();
  test::loopback_client client(listening.port);
  scene.add([&](actor& self) -> act {
    auto* peer = co_await self.accept(listening.at);
    for (int round = 0; round < rounds && !scene.hung(); ++round) {
      const time_ns deadline_ns = from_now(round * 5 * ns_per_ms);  // the first has passed
      const auto none = co_await self.read_until(*peer, deadline_ns);
      const time_ns not_before_ns = deadline_ns - of.early_by_at_most_ns;
      const bool early = monotonic_clock::now_ns() < not_before_ns;
      scene.require(!none || scene.hung(), "W9", "a read without bytes did not give up");
      scene.require(!early || scene.hung(), "W9", "a read gave up before its deadline");
      scene.require(peer->error() == 0 || scene.hung(), "W9", "a deadline ended the connection");
      client.send_byte(static_cast<std::byte>(round));
      const auto next = co_await self.read_until(*peer, from_now(far_away_ns));
      scene.require(is_byte(next, round) || scene.hung(), "W9",
                    "the next read did not get what came");
    }
    self.close(*peer);
  });
  scene.play();
  return scene.found("W9");
}

/// The deadlines of the first reads pass while something else is waited for.
verdict w9_a_read_in_time_leaves_no_deadline_behind(const subject& of) {
  if (!of.gives_up_reads) return std::nullopt;
  stage scene(of);
  auto listening = scene.listen();
  test::loopback_client client(listening.port);
  std::atomic<int> asked{0};
  scene.add([&](actor& self) -> act {
    auto* peer = co_await self.accept(listening.at);
    for (int round = 0; round < rounds && !scene.hung(); ++round) {
      ++asked;
      const auto first = co_await self.read_until(*peer, from_now(20 * ns_per_ms));
      if (!first && !scene.hung()) {  // on a machine that stood still for so long
        static_cast<void>(co_await self.read(*peer));
      }
      ++asked;
      const bytes second = co_await self.read(*peer);
      scene.require(second.size() == 1 || scene.hung(), "W9",
                    "the deadline of a read that was over ended the next one");
      const time_ns until_ns = from_now(25 * ns_per_ms);
      client.send_byte(std::byte{0});
      const auto third = co_await self.read_until(*peer, from_now(20 * ns_per_ms));
      const wake how = co_await self.sleep_until(until_ns);
      const bool early = monotonic_clock::now_ns() < until_ns - of.early_by_at_most_ns;
      scene.require((how == wake::due && !early) || scene.hung(), "W9",
                    "the deadline of a read that was over ended a sleep");
      if (!third && !scene.hung()) static_cast<void>(co_await self.read(*peer));
    }
    self.close(*peer);
  });
  scene.add([&](actor& self) -> act {
    for (int turn = 1; turn <= 2 * rounds && !scene.hung(); ++turn) {
      while (asked < turn && !scene.hung()) co_await self.sleep_until(from_now(ns_per_ms));
      const bool is_late = turn % 2 == 0;
      co_await self.sleep_until(from_now(is_late ? 40 * ns_per_ms : ns_per_ms));
      client.send_byte(std::byte{0});
    }
  });
  scene.play();
  return scene.found("W9");
}

/// A task keeps the thread past the deadline of another's read, whose bytes come before. The run
/// queue or a timer has resumed it: what a loop does next is not the same.
verdict w9_a_late_loop_reads_what_came_in_time(const subject& of) {
  if (!of.gives_up_reads) return std::nullopt;
  stage scene(of);
  auto listening = scene.listen();
  test::loopback_client client(listening.port);
  std::atomic<time_ns> deadline_ns{0};
  std::atomic<bool> was_in_time{false};
  std::atomic<int> sent{0};
  scene.add([&](actor& self) -> act {
    auto* peer = co_await self.accept(listening.at);
    for (int round = 0; round < rounds && !scene.hung(); ++round) {
      while (sent < round && !scene.hung()) co_await self.sleep_until(from_now(ns_per_ms));
      was_in_time = false;
      const time_ns until_ns = from_now(20 * ns_per_ms);
      deadline_ns = until_ns;
      const auto chunk = co_await self.read_until(*peer, until_ns);
      scene.require(is_byte(chunk, round) || !was_in_time || scene.hung(), "W9",
                    "a read was given up whose bytes had come before its deadline");
      if (!chunk && !scene.hung()) static_cast<void>(co_await self.read(*peer));
    }
    client.send_byte(static_cast<std::byte>(rounds));
    keep_thread_until(from_now(5 * ns_per_ms));
    const auto last = co_await self.read_until(*peer, from_now(-ns_per_ms));
    scene.require(is_byte(last, rounds) || scene.hung(), "W9",
                  "a read did not get what was there when it began, after its deadline");
    self.close(*peer);
  });
  scene.add([&](actor& self) -> act {
    time_ns seen_ns = 0;
    for (int round = 0; round < rounds && !scene.hung(); ++round) {
      while (deadline_ns == seen_ns && !scene.hung()) {
        co_await self.sleep_until(from_now(ns_per_ms));
      }
      seen_ns = deadline_ns;
      if (round % 2 == 0) co_await self.yield();
      client.send_byte(static_cast<std::byte>(round));
      was_in_time = monotonic_clock::now_ns() < seen_ns;
      keep_thread_until(seen_ns + 5 * ns_per_ms);
      ++sent;
    }
  });
  scene.play();
  return scene.found("W9");
}

verdict w9_bytes_that_race_the_deadline_are_read_once(const subject& of) {
  if (!of.gives_up_reads) return std::nullopt;
  constexpr int many = 120;
  stage scene(of);
  auto listening = scene.listen();
  test::loopback_client client(listening.port);
  std::atomic<time_ns> deadline_ns{0};
  int next = 0;
  scene.add([&](actor& self) -> act {
    auto* peer = co_await self.accept(listening.at);
    while (next < many && !scene.hung()) {
      const time_ns until_ns = from_now(ns_per_ms);
      deadline_ns = until_ns;
      const auto chunk = co_await self.read_until(*peer, until_ns);
      if (!chunk) continue;
      scene.require(!chunk->empty() || scene.hung(), "W9", "a deadline ended the connection");
      if (chunk->empty()) break;
      for (const std::byte each : *chunk) {
        scene.require(each == static_cast<std::byte>(next), "W9",
                      "bytes at a deadline were lost, or read twice");
        ++next;
      }
    }
    self.close(*peer);
  });
  std::thread sending([&] {
    time_ns seen_ns = 0;
    for (int sent = 0; sent < many && !scene.hung(); ++sent) {
      while (deadline_ns == seen_ns && !scene.hung()) std::this_thread::yield();
      seen_ns = deadline_ns;
      const time_ns at_ns = seen_ns + (sent % 9 - 4) * 40 * ns_per_us;
      while (monotonic_clock::now_ns() < at_ns && !scene.hung()) std::this_thread::yield();
      if (!client.send_byte(static_cast<std::byte>(sent))) break;
    }
  });
  scene.play();
  sending.join();
  scene.require(next == many, "W9", "bytes at a deadline were lost");
  return scene.found("W9");
}

verdict w9_cancel_and_stop_end_a_read_before_its_deadline(const subject& of) {
  if (!of.gives_up_reads) return std::nullopt;
  stage scene(of);
  auto listening = scene.listen();
  const test::loopback_client first(listening.port);
  const test::loopback_client second(listening.port);
  std::atomic<connection*> to_cancel{nullptr};
  std::atomic<int> ended{0};
  const auto reads = [&](actor& self, connection& peer) -> act {
    const auto chunk = co_await self.read_until(peer, from_now(far_away_ns));
    scene.require(chunk && chunk->empty() && peer.error() == ECANCELED, "W9",
                  "a read with a deadline was not cancelled");
    const auto later = co_await self.read_until(peer, from_now(far_away_ns));
    scene.require(later && later->empty(), "W9", "a later read was not cancelled");
    self.close(peer);
    ++ended;
  };
  scene.add([&](actor& self) -> act {
    for (int i = 0; i < 2; ++i) {
      auto* peer = co_await self.accept(listening.at);
      if (i == 0) to_cancel = peer;
      self.on().add([&, peer](actor& reader) { return reads(reader, *peer); });
    }
    co_await self.sleep_until(from_now(2 * ns_per_ms));
    self.scheduler().cancel(*to_cancel.load());
    while (ended < 1 && !scene.hung()) co_await self.sleep_until(from_now(ns_per_ms));
    self.scheduler().stop();
  });
  scene.play();
  scene.require(ended == 2, "W9", "a read with a deadline did not end");
  return scene.found("W9");
}

}  // namespace skein::contract
