#include "tests/contract/check_offload.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <thread>

#include "tests/contract/stage.hpp"

namespace skein::contract {

namespace {

using work = std::function<void()>;

/// Waits for another thread, and no longer than a runtime that keeps its clauses could ever take.
bool comes_true(const std::atomic<bool>& awaited, time_ns patience_ns) {
  const time_ns until_ns = from_now(patience_ns);
  while (!awaited) {
    if (monotonic_clock::now_ns() > until_ns) return false;
    std::this_thread::sleep_for(std::chrono::microseconds(50));
  }
  return true;
}

}  // namespace

verdict w10_work_is_done_once_while_others_go_on(const subject& of) {
  constexpr int rounds = 50;
  stage scene(of);
  talk_object pool = scene.talks().offload_pool(2);
  const time_ns patience_ns = of.patience_ns / 3;
  std::atomic<bool> asked{false};
  std::atomic<bool> had_turn{false};
  scene.add([&](actor& self) -> act {
    work waits_for_a_turn = [&] {
      asked = true;
      self.on().require(comes_true(had_turn, patience_ns), "W10", "other tasks did not go on");
    };
    co_await self.offload(pool, waits_for_a_turn);
    int done = 0;  // of the work, and with nothing to guard it
    work counts = [&] {
      std::this_thread::sleep_for(std::chrono::microseconds(100));
      ++done;
    };
    for (int round = 1; round <= rounds; ++round) {
      const auto ended = co_await self.offload(pool, counts);
      self.on().require(ended.granted && done == round, "W10",
                        "a task went on before its work was done, or it was done twice");
    }
  });
  scene.add([&](actor& self) -> act {
    while (!asked && !self.on().hung()) co_await self.sleep_until(from_now(ns_per_ms));
    had_turn = true;
  });
  scene.play();
  return scene.found("W10");
}

verdict w10_no_more_work_at_once_than_threads(const subject& of) {
  constexpr int threads = 2;
  constexpr int tasks = 12;
  stage scene(of);
  talk_object pool = scene.talks().offload_pool(threads);
  std::atomic<int> at_once{0};
  std::atomic<int> done{0};
  std::atomic<bool> too_many{false};
  work sleeps = [&] {
    if (++at_once > threads) too_many = true;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    --at_once;
    ++done;
  };
  for (int i = 0; i < tasks; ++i) {
    scene.add([&](actor& self) -> act { co_await self.offload(pool, sleeps); });
  }
  scene.play();
  scene.require(!too_many, "W10", "more work was done at once than the pool has threads");
  scene.require(done == tasks, "W10", "work was not done");
  return scene.found("W10");
}

verdict w10_stop_cancels_what_has_not_begun(const subject& of) {
  stage scene(of);
  talk_object pool = scene.talks().offload_pool(1);
  std::atomic<bool> begun{false};
  std::atomic<bool> released{false};
  std::atomic<int> ended{0};
  work first = [&] {
    begun = true;
    comes_true(released, of.patience_ns);
  };
  work never = [&] { scene.report("W10", "work began after stop"); };
  scene.add([&](actor& self) -> act {
    const auto how = co_await self.offload(pool, first);
    self.on().require(how.granted, "W10", "work that had begun was not finished");
    ++ended;
  });
  scene.add([&](actor& self) -> act {
    while (!begun && !self.on().hung()) co_await self.sleep_until(from_now(ns_per_ms));
    for (int i = 0; i < 3; ++i) {
      self.on().add([&](actor& other) -> act {
        const auto how = co_await other.offload(pool, never);
        self.on().require(!how.granted, "W10", "work was cancelled and is said to be done");
        ++ended;
      });
    }
    co_await self.sleep_until(from_now(5 * ns_per_ms));
    self.scheduler().stop();
    released = true;
  });
  scene.play();
  scene.require(ended == 4, "W10", "a wait for work did not end at stop");
  return scene.found("W10");
}

}  // namespace skein::contract
