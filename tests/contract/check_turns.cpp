#include "tests/contract/check_turns.hpp"

#include <array>
#include <atomic>

#include "tests/contract/stage.hpp"
#include "tests/loopback_client.hpp"

namespace skein::contract {

verdict s4_yield_lets_every_other_task_run(const subject& of) {
  constexpr int tasks = 5;
  constexpr int turns = 200;
  stage scene(of);
  std::array<std::atomic<int>, tasks> steps{};
  for (std::size_t me = 0; me < tasks; ++me) {
    scene.add([&, me](actor& self) -> act {
      for (int turn = 0; turn < turns; ++turn) {
        ++steps[me];
        std::array<int, tasks> before{};
        for (std::size_t i = 0; i < tasks; ++i) before[i] = steps[i];
        co_await self.yield();
        if (!of.single_threaded) continue;
        for (std::size_t i = 0; i < tasks; ++i) {
          const bool moved = i == me || before[i] == turns || steps[i] > before[i];
          self.on().require(moved, "S4", "a yield returned before another task had run");
        }
      }
    });
  }
  scene.play();
  return scene.found("S4");
}

namespace {

verdict yield_after(const subject& of, bool spawns_first) {
  stage scene(of);
  auto listening = scene.listen();
  const test::loopback_client silent(listening.port);
  sleep_timer timer = scene.timer();
  int ran = 0;
  int waiting = 0;
  scene.add([&](actor& self) -> act {
    ++waiting;
    co_await self.sleep_until(timer, from_now(far_away_ns));
    ++ran;
  });
  scene.add([&](actor& self) -> act {
    auto* peer = co_await self.accept(listening.at);
    self.on().add([&, peer](actor& reader) -> act {
      ++waiting;
      co_await reader.read(*peer);
      ++ran;
      reader.close(*peer);
    });
    while (waiting < 2 && !self.on().hung()) co_await self.sleep_until(from_now(ns_per_ms));
    const auto adds = [&] {
      self.on().add([&](actor&) -> act {
        ++ran;
        co_return;
      });
    };
    if (spawns_first) adds();
    self.scheduler().cancel(timer);
    self.scheduler().cancel(*peer);
    if (!spawns_first) adds();
    co_await self.yield();
    self.on().require(ran == 3, "S4", "a yield returned before what was runnable had run");
  });
  scene.play();
  return scene.found("S4");
}

}  // namespace

verdict s4_a_yield_lets_run_what_was_just_made_runnable(const subject& of) {
  if (!of.single_threaded) return std::nullopt;
  verdict broken = yield_after(of, false);
  return broken ? broken : yield_after(of, true);
}

verdict s4_yielding_for_another_task_ends(const subject& of) {
  stage scene(of);
  std::atomic<bool> done{false};
  constexpr long most = 50'000'000;
  scene.add([&](actor& self) -> act {
    long yields = 0;
    while (!done && !self.on().hung() && ++yields < most) co_await self.yield();
    self.on().require(done, "S4", "yielding did not let the other task run");
  });
  scene.add([&](actor& self) -> act {
    co_await self.yield();
    done = true;
  });
  scene.play();
  return scene.found("S4");
}

}  // namespace skein::contract
