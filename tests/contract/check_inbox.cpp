#include "tests/contract/check_inbox.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <functional>
#include <sys/eventfd.h>
#include <utility>
#include <vector>

#include "tests/contract/stage.hpp"
#include "tests/loopback_client.hpp"

namespace skein::contract {

namespace {

/// A thing for the inbox to do once `ready` tasks are about to wait, and have had time to.
template <class Does>
auto when_waiting(const std::atomic<int>& ready, int wanted, Does does) {
  return [&ready, wanted, does, calls = 0]() mutable {
    if (ready < wanted || ++calls < 3) return false;
    does();
    return true;
  };
}

/// Readable as long as there is something to take, and takes one thing each time it is served.
class slow_inbox final : public inbox {
 public:
  slow_inbox(unsigned things, std::function<void()> when_empty)
      : left_(things),
        when_empty_(std::move(when_empty)),
        event_(checked(::eventfd(things, EFD_NONBLOCK | EFD_CLOEXEC | EFD_SEMAPHORE), "eventfd")) {}
  ~slow_inbox() override { ::close(event_); }

  int descriptor() const noexcept override { return event_; }
  void on_readable() noexcept override {
    eventfd_t one = 0;
    if (::eventfd_read(event_, &one) == 0 && --left_ == 0) when_empty_();
  }
  unsigned left() const noexcept { return left_; }

 private:
  std::atomic<unsigned> left_;
  std::function<void()> when_empty_;
  int event_;
};

}  // namespace

verdict s1_a_task_spawned_at_the_last_moment_runs(const subject& of) {
  stage scene(of);
  std::atomic<int> ran{0};
  slow_inbox inbox(1, [&] {
    scene.scheduler().stop();
    scene.add([&ran](actor& self) -> act {
      ++ran;
      co_await self.yield();
      ++ran;
    });
  });
  scene.scheduler().run(inbox);
  scene.require(ran == 2, "S1", "a task that the inbox spawned behind a stop did not run");
  return scene.found("S1");
}

verdict s2_the_inbox_is_served_until_drained(const subject& of) {
  constexpr unsigned things = 10;
  stage scene(of);
  slow_inbox inbox(things, [&] { scene.scheduler().stop(); });
  // Ends a run whose inbox is not served again.
  scene.add([&](actor& self) -> act {
    const time_ns until_ns = from_now(of.patience_ns);
    while (inbox.left() > 0 && monotonic_clock::now_ns() < until_ns) {
      const wake how = co_await self.sleep_until(from_now(ns_per_ms));
      if (how == wake::cancelled) co_return;
    }
    self.on().require(inbox.left() == 0, "S2", "the inbox was not served while it was readable");
    self.scheduler().stop();
  });
  scene.scheduler().run(inbox);
  return scene.found("S2");
}

verdict s2_the_inbox_is_served_beside_busy_tasks(const subject& of) {
  constexpr long most = 5'000'000;
  stage scene(of);
  std::atomic<bool> served{false};
  slow_inbox inbox(1, [&] {
    served = true;
    scene.scheduler().stop();
  });
  scene.add([&](actor& self) -> act {
    for (long yields = 0; !served && yields < most; ++yields) co_await self.yield();
    self.on().require(served, "S2", "the inbox was not served beside a busy task");
  });
  scene.scheduler().run(inbox);
  return scene.found("S2");
}

verdict s2_run_may_be_called_again_with_another_inbox(const subject& of) {
  stage scene(of);
  std::atomic<int> ran{0};
  for (int turn = 1; turn <= 3; ++turn) {
    slow_inbox inbox(1, [&] { scene.scheduler().stop(); });
    scene.add([&](actor& self) -> act {
      co_await self.yield();
      ++ran;
    });
    scene.scheduler().run(inbox);
    scene.require(ran == turn, "S2", "run with another inbox left a task behind");
  }
  return scene.found("S2");
}

verdict t2_the_inbox_cancels_a_sleep(const subject& of) {
  stage scene(of);
  sleep_timer timer = scene.timer();
  std::atomic<int> ready{0};
  scene.add([&](actor& self) -> act {
    ++ready;
    const wake how = co_await self.sleep_until(timer, from_now(far_away_ns));
    self.on().require(how == wake::cancelled && !self.on().hung(), "T2",
                      "the inbox did not cancel a sleep");
  });
  scene.from_inbox(when_waiting(ready, 1, [&] {
    scene.scheduler().cancel(timer);
    scene.scheduler().cancel(timer);
  }));
  scene.play();
  return scene.found("T2");
}

verdict c5_the_inbox_cancels_what_waits(const subject& of) {
  const std::vector<std::byte> much(std::size_t{8} << 20U);
  stage scene(of);
  auto listening = scene.listen();
  const test::loopback_client silent(listening.port);
  const test::loopback_client never_reads(listening.port, 4096);
  std::atomic<int> ready{0};
  std::array<connection*, 2> peers{};
  scene.add([&](actor& self) -> act {
    for (connection*& each : peers) each = co_await self.accept(listening.at);
    self.on().add([&](actor& reader) -> act {
      ++ready;
      const bytes chunk = co_await reader.read(*peers[0]);
      reader.on().require(chunk.empty() && peers[0]->error() == ECANCELED, "C5",
                          "the inbox did not cancel a read");
      reader.close(*peers[0]);
    });
    self.on().add([&](actor& writer) -> act {
      ++ready;
      const bool written = co_await writer.write(*peers[1], much);
      writer.on().require(!written && peers[1]->error() == ECANCELED, "C5",
                          "the inbox did not cancel a write");
      writer.close(*peers[1]);
    });
    ++ready;
    auto* nobody = co_await self.accept(listening.at);
    self.on().require(nobody == nullptr, "C5", "the inbox did not cancel an accept");
  });
  scene.from_inbox(when_waiting(ready, 3, [&] {
    for (connection* each : peers) scene.scheduler().cancel(*each);
    scene.scheduler().cancel(listening.at);
  }));
  scene.play();
  return scene.found("C5");
}

}  // namespace skein::contract
