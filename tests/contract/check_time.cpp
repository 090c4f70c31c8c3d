#include "tests/contract/check_time.hpp"

#include <array>
#include <random>
#include <vector>

#include "tests/contract/stage.hpp"

namespace skein::contract {

verdict t1_no_sleep_is_early(const subject& of) {
  const time_ns early_by_ns = of.early_by_at_most_ns;
  stage scene(of);
  std::mt19937_64 random(7);
  std::uniform_int_distribution<time_ns> any_delay_ns(0, 40 * ns_per_ms);
  for (int i = 0; i < 60; ++i) {
    const time_ns delay_ns = any_delay_ns(random);
    scene.add([delay_ns, early_by_ns, i](actor& self) -> act {
      sleep_timer timer = self.on().timer();
      const time_ns deadline_ns = from_now(delay_ns);
      wake how = wake::due;
      if (i % 2 == 0) {
        how = co_await self.sleep_until(deadline_ns);
      } else {
        how = co_await self.sleep_until(timer, deadline_ns);
      }
      const bool early = monotonic_clock::now_ns() < deadline_ns - early_by_ns;
      self.on().require(!early, "T1", "a sleep ended before its deadline");
      self.on().require(how == wake::due, "T1", "a sleep that nobody cancelled was not due");
    });
  }
  scene.play();
  return scene.found("T1");
}

verdict t1_a_past_deadline_is_due(const subject& of) {
  stage scene(of);
  scene.add([](actor& self) -> act {
    sleep_timer timer = self.on().timer();
    for (const time_ns back_ns : {time_ns{1}, ns_per_ms, ns_per_s, monotonic_clock::now_ns()}) {
      const wake how = co_await self.sleep_until(from_now(-back_ns));
      self.on().require(how == wake::due, "T1", "a sleep into the past was not due");
      const wake timed = co_await self.sleep_until(timer, from_now(-back_ns));
      self.on().require(timed == wake::due, "T1", "a timer's sleep into the past was not due");
    }
  });
  scene.play();
  return scene.found("T1");
}

verdict t2_cancel_ends_one_sleep_as_cancelled(const subject& of) {
  stage scene(of);
  sleep_timer timer = scene.timer();
  std::atomic<bool> woken{false};
  std::atomic<bool> cancelling{true};
  scene.scheduler().cancel(timer);  // idle: nothing, now or later
  scene.add([&](actor& self) -> act {
    const wake first = co_await self.sleep_until(timer, from_now(far_away_ns));
    self.on().require(first == wake::cancelled, "T2", "a cancelled sleep ended as due");
    woken = true;
    while (cancelling) co_await self.yield();
    const wake second = co_await self.sleep_until(timer, from_now(2 * ns_per_ms));
    self.on().require(second == wake::due || self.on().hung(), "T2",
                      "a cancel reached a later sleep");
  });
  scene.add([&](actor& self) -> act {
    while (!woken && !self.on().hung()) {
      self.scheduler().cancel(timer);
      self.scheduler().cancel(timer);
      co_await self.sleep_until(from_now(ns_per_ms / 2));
    }
    self.scheduler().cancel(timer);  // fired: nothing
    cancelling = false;
  });
  scene.play();
  return scene.found("T2");
}

verdict t2_cancel_reaches_its_own_timer_only(const subject& of) {
  constexpr std::size_t many = 64;
  stage scene(of);
  std::vector<sleep_timer> timers = scene.timers(many);
  std::array<std::atomic<std::size_t>, 2> ended{};  // the even ones, the odd ones
  const time_ns deadline_ns = from_now(far_away_ns);
  for (std::size_t i = 0; i < many; ++i) {
    scene.add([&, i](actor& self) -> act {
      const wake how = co_await self.sleep_until(timers[i], deadline_ns);
      self.on().require(how == wake::cancelled, "T2", "a cancelled sleep ended as due");
      ++ended[i % 2];
    });
  }
  scene.add([&](actor& self) -> act {
    for (const std::size_t half : {std::size_t{1}, std::size_t{0}}) {
      // Again and again: a thread may be cancelled before it sleeps, which does nothing.
      while (ended[half] < many / 2 && !self.on().hung()) {
        for (std::size_t i = half; i < many; i += 2) self.scheduler().cancel(timers[i]);
        co_await self.sleep_until(from_now(ns_per_ms / 2));
      }
      const bool spared = half == 0 || ended[0] == 0 || self.on().hung();
      self.on().require(spared, "T2", "a cancel ended another timer's sleep");
    }
  });
  scene.play();
  return scene.found("T2");
}

verdict t3_a_timer_is_used_again(const subject& of) {
  const time_ns early_by_ns = of.early_by_at_most_ns;
  stage scene(of);
  sleep_timer timer = scene.timer();
  std::atomic<bool> cancel_me{false};
  std::atomic<bool> woken{false};
  std::atomic<bool> over{false};
  scene.add([&](actor& self) -> act {
    for (int round = 0; round < 3; ++round) {
      const time_ns deadline_ns = from_now(10 * ns_per_ms);
      const wake due = co_await self.sleep_until(timer, deadline_ns);
      const bool early = monotonic_clock::now_ns() < deadline_ns - early_by_ns;
      const bool held = (due == wake::due && !early) || self.on().hung();
      self.on().require(held, "T3", "a timer used again did not hold its deadline");
      woken = false;
      cancel_me = true;
      const wake cancelled = co_await self.sleep_until(timer, from_now(far_away_ns));
      woken = true;
      self.on().require(cancelled == wake::cancelled, "T3", "a timer used again was not cancelled");
      while (cancel_me) co_await self.yield();
    }
    over = true;
  });
  scene.add([&](actor& self) -> act {
    while (!over) {
      co_await self.sleep_until(from_now(ns_per_ms / 2));
      if (!cancel_me) continue;
      self.scheduler().cancel(timer);
      if (woken) cancel_me = false;
    }
  });
  scene.play();
  return scene.found("T3");
}

}  // namespace skein::contract
