#include "tests/contract/check_stopping.hpp"

#include <atomic>
#include <cerrno>
#include <span>
#include <system_error>
#include <thread>
#include <vector>

#include "tests/contract/stage.hpp"
#include "tests/loopback_client.hpp"

namespace skein::contract {

verdict s3_stop_ends_every_wait_as_cancelled(const subject& of, stopped_by whom) {
  const std::vector<std::byte> much(std::size_t{8} << 20U);
  stage scene(of);
  auto listening = scene.listen();
  const test::loopback_client silent(listening.port);
  const test::loopback_client never_reads(listening.port, 4096);
  std::atomic<int> ready{0};
  sleep_timer timer = scene.timer();
  int note = 0;  // no atomic on purpose: ThreadSanitizer sees what does not order it

  const auto sleeps_on = [](actor& self) -> act {
    const wake later = co_await self.sleep_until(from_now(far_away_ns));
    self.on().require(later == wake::cancelled, "S3", "a sleep begun after stop was not cancelled");
  };
  scene.add([&](actor& self) -> act {
    ++ready;
    const wake how = co_await self.sleep_until(from_now(far_away_ns));
    self.on().require(how == wake::cancelled, "S3", "a pending sleep was not cancelled by stop");
    self.on().require(note == 1 || self.on().hung() || whom == stopped_by::two_tasks, "S3",
                      "what was done before a stop was not seen after it");
    self.on().add(sleeps_on);
  });
  scene.add([&](actor& self) -> act {
    ++ready;
    const wake how = co_await self.sleep_until(timer, from_now(far_away_ns));
    self.on().require(how == wake::cancelled, "S3", "a timer's sleep was not cancelled by stop");
    const wake again = co_await self.sleep_until(timer, from_now(far_away_ns));
    self.on().require(again == wake::cancelled, "S3", "a later timer's sleep was not cancelled");
  });
  scene.add([&](actor& self) -> act {
    auto* quiet = co_await self.accept(listening.at);
    auto* clogged = co_await self.accept(listening.at);
    self.on().add([quiet, &ready](actor& reader) -> act {
      ++ready;
      const bytes chunk = co_await reader.read(*quiet);
      const bool cancelled = chunk.empty() && quiet->error() == ECANCELED;
      reader.on().require(cancelled, "S3", "a pending read was not cancelled by stop");
      const bool written = co_await reader.write(*quiet, std::as_bytes(std::span("x")));
      reader.on().require(!written, "S3", "a write begun after stop was done");
      reader.close(*quiet);
    });
    self.on().add([clogged, &ready, &much](actor& writer) -> act {
      ++ready;
      const bool written = co_await writer.write(*clogged, much);
      const bool cancelled = !written && clogged->error() == ECANCELED;
      writer.on().require(cancelled, "S3", "a pending write was not cancelled by stop");
      const bytes chunk = co_await writer.read(*clogged);
      writer.on().require(chunk.empty(), "S3", "a read begun after stop got bytes");
      writer.close(*clogged);
    });
    ++ready;
    auto* third = co_await self.accept(listening.at);
    self.on().require(third == nullptr, "S3", "a pending accept was not cancelled by stop");
    auto* fourth = co_await self.accept(listening.at);
    self.on().require(fourth == nullptr, "S3", "an accept begun after stop was not cancelled");
  });
  const auto stops = [&](actor& self) -> act {
    while (ready < 5 && !self.on().hung()) {
      co_await self.sleep_until(from_now(2 * ns_per_ms));
    }
    if (whom == stopped_by::a_task) note = 1;
    self.scheduler().stop();
    self.scheduler().stop();
  };
  if (whom != stopped_by::the_inbox) scene.add(stops);
  if (whom == stopped_by::two_tasks) scene.add(stops);
  scene.from_inbox([&, calls = 0]() mutable {
    if (whom != stopped_by::the_inbox) return true;
    if (ready < 5 || ++calls < 3) return false;
    note = 1;
    scene.scheduler().stop();
    scene.scheduler().stop();
    return true;
  });
  scene.play();
  return scene.found("S3");
}

verdict s3_stop_before_run_cancels_all_waits(const subject& of) {
  stage scene(of);
  auto listening = scene.listen();
  sleep_timer timer = scene.timer();
  std::atomic<int> cancelled{0};
  for (int i = 0; i < 5; ++i) {
    scene.add([&](actor& self) -> act {
      const wake how = co_await self.sleep_until(from_now(far_away_ns));
      if (how == wake::cancelled) ++cancelled;
    });
  }
  scene.add([&](actor& self) -> act {
    const wake how = co_await self.sleep_until(timer, from_now(far_away_ns));
    if (how == wake::cancelled) ++cancelled;
    auto* nobody = co_await self.accept(listening.at);
    if (nobody == nullptr) ++cancelled;
  });
  scene.scheduler().stop();
  auto late_listener = scene.listen();
  scene.add([&](actor& self) -> act {
    auto* nobody = co_await self.accept(late_listener.at);
    if (nobody == nullptr) ++cancelled;
  });
  scene.play();
  scene.require(cancelled == 8, "S3", "a wait was not cancelled by an earlier stop");
  return scene.found("S3");
}

verdict s3_stop_beside_waits_that_are_just_over(const subject& of) {
  constexpr std::size_t many = 12;
  stage scene(of);
  auto listening = scene.listen();
  std::vector<test::loopback_client> clients;  // there before a task can stop
  for (std::size_t i = 0; i < many; ++i) clients.emplace_back(listening.port);
  std::vector<sleep_timer> timers = scene.timers(many);
  std::atomic<std::size_t> ended{0};
  std::atomic<std::size_t> accepted{0};
  const time_ns common_ns = from_now(8 * ns_per_ms);
  const auto stops_and_sleeps = [&](actor& self) -> act {
    self.scheduler().stop();
    const wake how = co_await self.sleep_until(from_now(far_away_ns));
    self.on().require(how == wake::cancelled, "S3", "a sleep begun after stop was not cancelled");
    ++ended;
  };
  for (std::size_t i = 0; i < many; ++i) {
    scene.add([&, i](actor& self) -> act {
      if (i % 2 == 0) {
        co_await self.sleep_until(common_ns);
      } else {
        co_await self.sleep_until(timers[i], common_ns);
      }
      self.on().add(stops_and_sleeps);
    });
  }
  scene.add([&](actor& self) -> act {
    for (std::size_t i = 0; i < many; ++i) {
      auto* peer = co_await self.accept(listening.at);
      if (peer == nullptr) break;
      ++accepted;
      self.on().add([&, peer](actor& reader) -> act {
        const bytes chunk = co_await reader.read(*peer);
        const bool due = chunk.size() == 1;
        const bool cancelled = chunk.empty() && peer->error() == ECANCELED;
        reader.on().require(due || cancelled, "S3",
                            "a read ended neither with bytes nor cancelled");
        reader.on().add(stops_and_sleeps);
        reader.close(*peer);
      });
    }
    // All bytes are there in one moment, beside the deadlines.
    co_await self.sleep_until(common_ns - ns_per_ms);
    for (test::loopback_client& each : clients) each.send_byte(std::byte{1});
  });
  scene.play();
  scene.require(ended == many + accepted, "S3", "a wait ended twice, or not at all");
  return scene.found("S3");
}

namespace {

/// One stop beside clients that come to several listeners at once, and wait there in silence.
verdict stop_beside_arrivals(const subject& of, std::size_t arrivals_before) {
  constexpr std::size_t listeners = 4;
  stage scene(of);
  std::vector<stage::open_listener> listening;
  std::atomic<std::size_t> accepted{0};
  std::atomic<bool> over{false};
  for (std::size_t i = 0; i < listeners; ++i) {
    listening.push_back(scene.listen());
    scene.add([&, each = listening.back()](actor& self) -> act {
      while (auto* peer = co_await self.accept(each.at)) {
        ++accepted;
        self.on().add([peer](actor& reader) -> act {
          const bytes chunk = co_await reader.read(*peer);
          reader.on().require(chunk.empty(), "S3", "a silent connection had bytes");
          reader.close(*peer);
        });
      }
    });
  }
  scene.add([&](actor& self) -> act {
    while (accepted < arrivals_before && !self.on().hung()) co_await self.yield();
    self.scheduler().stop();
  });
  std::thread coming([&] {
    std::vector<test::loopback_client> clients;
    try {
      for (std::size_t i = 0; i < 100 && !over; ++i) {
        clients.emplace_back(listening[i % listeners].port);
      }
    } catch (const std::system_error&) {  // the listeners are closed
    }
    while (!over) std::this_thread::yield();
  });
  scene.play();
  over = true;
  coming.join();
  return scene.found("S3");
}

}  // namespace

verdict s3_stop_beside_connections_that_arrive(const subject& of) {
  for (std::size_t round = 0; round < 20; ++round) {
    if (auto broken = stop_beside_arrivals(of, 2 * round)) return broken;
  }
  return std::nullopt;
}

}  // namespace skein::contract
