#include "tests/contract/check_shared.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <thread>
#include <vector>

#include "tests/contract/stage.hpp"

namespace skein::contract {

namespace {

void sleep_us(int how_long) {
  std::this_thread::sleep_for(std::chrono::microseconds(how_long));
}

}  // namespace

verdict w11_an_event_that_another_thread_sets_is_not_lost(const subject& of) {
  constexpr std::size_t rounds = 200;
  stage scene(of);
  std::vector<talk_object> events;
  for (std::size_t i = 0; i < rounds; ++i) events.push_back(scene.talks().shared_event());
  std::vector<std::size_t> written(rounds);  // by the other thread, and with nothing to guard it
  std::atomic<std::size_t> begun{0};         // rounds, by the task
  std::atomic<std::size_t> seen{0};
  std::atomic<bool> is_over{false};
  std::thread other([&] {
    for (std::size_t round = 0; round < rounds; ++round) {
      while (begun <= round && !is_over) std::this_thread::yield();
      if (is_over) return;
      if (round % 3 == 1) sleep_us(200);  // the scheduler sleeps
      for (std::size_t i = 0; i < round % 7; ++i) std::this_thread::yield();
      written[round] = round + 1;
      scene.talks().set_shared(events[round]);
    }
  });
  scene.add([&](actor& self) -> act {
    for (std::size_t round = 0; round < rounds; ++round) {
      begun = round + 1;
      if (round % 5 == 0) co_await self.sleep_until(from_now(2 * ns_per_ms));  // it is set by then
      const auto how = co_await self.wait_shared(events[round]);
      if (!how.granted) co_return;
      self.on().require(written[round] == round + 1, "W11",
                        "what the other thread did before it set the event was not seen");
      ++seen;
    }
  });
  scene.play();
  is_over = true;
  other.join();
  scene.require(seen == rounds, "W11", "an event that another thread set did not end a wait");
  return scene.found("W11");
}

verdict w11_it_lets_all_go_on_and_stays_set(const subject& of) {
  constexpr int tasks = 8;
  stage scene(of);
  talk_object event = scene.talks().shared_event();
  std::atomic<int> begun{0};
  std::atomic<int> ended{0};
  std::atomic<bool> is_set{false};
  std::atomic<bool> is_over{false};
  for (int i = 0; i < tasks; ++i) {
    scene.add([&](actor& self) -> act {
      ++begun;
      for (int turn = 0; turn < 2; ++turn) {
        const auto how = co_await self.wait_shared(event);
        if (!how.granted) co_return;
        self.on().require(is_set, "W11", "a wait ended before the event was set");
        ++ended;
      }
    });
  }
  std::thread other([&] {
    while (begun < tasks && !is_over) sleep_us(100);
    sleep_us(2'000);
    is_set = true;
    scene.talks().set_shared(event);
    scene.talks().set_shared(event);
  });
  scene.play();
  is_over = true;
  other.join();
  scene.require(ended == 2 * tasks, "W11", "a wait for an event that was set did not end");
  return scene.found("W11");
}

}  // namespace skein::contract
