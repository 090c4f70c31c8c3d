#include "tests/contract/check_timers.hpp"

#include <atomic>
#include <limits>
#include <thread>
#include <vector>

#include "tests/contract/stage.hpp"
#include "tests/loopback_client.hpp"

namespace skein::contract {

namespace {

enum class next_wait { sleep, sleep_on_a_timer, read, write, accept };
constexpr std::size_t much_bytes = std::size_t{8} << 20U;

/// What plays when a task has slept on a timer and waits for something else: who cancels the timer
/// then, and who ends the wait in its ordinary way.
class ended_sleep {
 public:
  ended_sleep(const subject& of, next_wait next, bool first_is_cancelled)
      : of_(of), next_(next), first_is_cancelled_(first_is_cancelled), scene_(of) {}

  verdict play() {
    scene_.add([this](actor& self) { return sleep_and_go_on(self); });
    scene_.add([this](actor& self) { return cancel(self); });
    std::thread reading([this] {
      while (!cancelled_ && !scene_.hung()) std::this_thread::yield();
      if (next_ == next_wait::write) client_.receive(much_bytes);
    });
    scene_.play();
    cancelled_ = true;
    reading.join();
    return scene_.found("T2");
  }
  /// The timer was cancelled while what its task waits for next had not ended by itself.
  bool was_cancelled_in_time() const noexcept { return in_time_; }

 private:
  bool sleeps() const noexcept {
    return next_ == next_wait::sleep || next_ == next_wait::sleep_on_a_timer;
  }

  act sleep_and_go_on(actor& self) {
    auto* peer = co_await self.accept(listening_.at);
    const time_ns first_ns = first_is_cancelled_ ? far_away_ns : ns_per_ms;
    const wake first = co_await self.sleep_until(timer_, from_now(first_ns));
    scene_.require(scene_.hung() || (first == wake::cancelled) == first_is_cancelled_, "T2",
                   "a sleep did not end as it was to");
    const time_ns deadline_ns = from_now(4 * ns_per_ms);
    deadline_ns_ = deadline_ns;
    waits_ = true;
    bool undisturbed = true;
    switch (next_) {
      case next_wait::sleep:
        undisturbed = co_await self.sleep_until(deadline_ns) == wake::due;
        break;
      case next_wait::sleep_on_a_timer:
        undisturbed = co_await self.sleep_until(other_, deadline_ns) == wake::due;
        break;
      case next_wait::read:
        undisturbed = (co_await self.read(*peer)).size() == 1;
        break;
      case next_wait::write:
        undisturbed = co_await self.write(*peer, much_);
        break;
      case next_wait::accept:
        auto* second = co_await self.accept(listening_.at);
        undisturbed = second != nullptr;
        if (second != nullptr) self.close(*second);
        break;
    }
    const time_ns not_before_ns = deadline_ns - of_.early_by_at_most_ns;
    const bool early = sleeps() && monotonic_clock::now_ns() < not_before_ns;
    scene_.require((undisturbed && !early) || scene_.hung(), "T2",
                   "a cancel ended what its task waited for after the sleep");
    self.close(*peer);
  }

  act cancel(actor& self) {
    while (!waits_ && !scene_.hung()) {
      if (first_is_cancelled_) self.scheduler().cancel(timer_);
      co_await self.sleep_until(from_now(ns_per_ms / 2));
    }
    for (int i = 0; i < 3; ++i) {
      co_await self.yield();
      self.scheduler().cancel(timer_);
      if (i == 0) in_time_ = !sleeps() || monotonic_clock::now_ns() < deadline_ns_;
      co_await self.sleep_until(from_now(ns_per_ms / 2));
    }
    cancelled_ = true;
    if (next_ == next_wait::read) client_.send_byte(std::byte{1});
    if (next_ == next_wait::accept) visitors_.emplace_back(listening_.port);
  }

  const subject& of_;
  const next_wait next_;
  const bool first_is_cancelled_;
  stage scene_;
  stage::open_listener listening_ = scene_.listen();
  test::loopback_client client_{listening_.port, 65'536};
  std::vector<test::loopback_client> visitors_;
  sleep_timer timer_ = scene_.timer();
  sleep_timer other_ = scene_.timer();
  const std::vector<std::byte> much_ = std::vector<std::byte>(much_bytes);
  std::atomic<time_ns> deadline_ns_{0};
  std::atomic<bool> waits_{false};
  std::atomic<bool> in_time_{false};
  std::atomic<bool> cancelled_{false};
};

}  // namespace

verdict t2_cancelling_an_ended_sleep_leaves_the_next_wait_alone(const subject& of) {
  for (const next_wait next : {next_wait::sleep, next_wait::sleep_on_a_timer, next_wait::read,
                               next_wait::write, next_wait::accept}) {
    for (const bool first_is_cancelled : {false, true}) {
      // On a busy machine a sleep may be over before it could be cancelled, which shows nothing.
      for (int tries = 0; tries < 20; ++tries) {
        ended_sleep examined(of, next, first_is_cancelled);
        if (auto broken = examined.play()) return broken;
        if (examined.was_cancelled_in_time()) break;
      }
    }
  }
  return std::nullopt;
}

verdict t2_a_cancel_at_the_deadline_touches_no_later_sleep(const subject& of) {
  constexpr std::size_t many = 16;
  const time_ns early_by_ns = of.early_by_at_most_ns;
  stage scene(of);
  std::vector<sleep_timer> timers = scene.timers(many);
  std::atomic<std::size_t> ended{0};
  const time_ns common_ns = from_now(3 * ns_per_ms);
  for (std::size_t i = 0; i < many; ++i) {
    scene.add([&, i](actor& self) -> act {
      co_await self.sleep_until(timers[i], common_ns);
      self.on().require(monotonic_clock::now_ns() >= common_ns - early_by_ns || self.on().hung(),
                        "T2", "a sleep ended that nobody had cancelled yet");
      for (sleep_timer& each : timers) self.scheduler().cancel(each);
      const time_ns later_ns = from_now(3 * ns_per_ms);
      const wake how = co_await self.sleep_until(later_ns);
      const bool early = monotonic_clock::now_ns() < later_ns - early_by_ns;
      self.on().require((how == wake::due && !early) || self.on().hung(), "T2",
                        "a cancel reached a later sleep");
      ++ended;
    });
  }
  scene.play();
  scene.require(ended == many, "T2", "a sleep ended more than once, or not at all");
  return scene.found("T2");
}

verdict t2_the_latest_deadline_can_be_cancelled(const subject& of) {
  stage scene(of);
  sleep_timer timer = scene.timer();
  int note = 0;  // no atomic on purpose: ThreadSanitizer sees what does not order it
  std::atomic<bool> woken{false};
  scene.add([&](actor& self) -> act {
    const wake how = co_await self.sleep_until(timer, std::numeric_limits<time_ns>::max());
    self.on().require(how == wake::cancelled, "T2", "the latest deadline was due");
    self.on().require(note == 1 || self.on().hung(), "T2",
                      "what was done before a cancel was not seen after it");
    woken = true;
  });
  scene.add([&](actor& self) -> act {
    co_await self.sleep_until(from_now(2 * ns_per_ms));
    note = 1;
    while (!woken && !self.on().hung()) {
      self.scheduler().cancel(timer);
      co_await self.sleep_until(from_now(ns_per_ms / 2));
    }
  });
  scene.play();
  return scene.found("T2");
}

verdict t3_a_timer_is_used_by_another_task(const subject& of) {
  stage scene(of);
  sleep_timer timer = scene.timer();
  std::atomic<int> woken{0};
  const auto sleeps = [&](actor& self) -> act {
    const wake how = co_await self.sleep_until(timer, from_now(far_away_ns));
    self.on().require(how == wake::cancelled, "T3", "a cancelled sleep ended as due");
    ++woken;
  };
  scene.add([&](actor& self) -> act {
    for (int turn = 1; turn <= 3; ++turn) {
      self.on().add(sleeps);
      while (woken < turn && !self.on().hung()) {
        co_await self.sleep_until(from_now(ns_per_ms / 2));
        self.scheduler().cancel(timer);
      }
    }
  });
  scene.play();
  return scene.found("T3");
}

}  // namespace skein::contract
