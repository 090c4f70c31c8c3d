#include "tests/contract/stress_talking.hpp"

#include <array>
#include <atomic>
#include <random>
#include <vector>

#include "tests/contract/stage.hpp"

namespace skein::contract {

namespace {

constexpr std::size_t senders = 6;
constexpr std::size_t receivers = 4;
constexpr int channels = 2;
constexpr int permits = 2;

/// The choices of one task.
class choices {
 public:
  choices(std::uint32_t seed, std::size_t task) {
    std::seed_seq mixed{seed, static_cast<std::uint32_t>(task)};
    random_.seed(mixed);
  }
  /// From 0 to one below `bound`.
  int below(int bound) { return static_cast<int>(random_() % static_cast<std::uint32_t>(bound)); }

 private:
  std::mt19937 random_;
};

/// What the tasks share, and what they saw of it.
struct play {
  play(stage& on, int steps)
      : mutex(on.talks().mutex()),
        semaphore(on.talks().semaphore(permits)),
        through{on.talks().channel(0), on.talks().channel(3)},
        received(senders * static_cast<std::size_t>(steps)) {}

  talk_object mutex;
  talk_object semaphore;
  std::array<talk_object, channels> through;
  std::atomic<int> locked{0};
  std::atomic<int> permitted{0};
  std::atomic<int> sent{0};
  std::vector<std::atomic<int>> received;
  std::atomic<std::size_t> senders_left{senders};
};

}  // namespace

verdict talking_in_any_order(const subject& of, std::uint32_t seed, int steps) {
  stage scene(of);
  play all(scene, steps);
  for (std::size_t me = 0; me < senders; ++me) {
    scene.add([&, me](actor& self) -> act {
      choices any(seed, me);
      for (int step = 0; step < steps; ++step) {
        for (int yields = any.below(3); yields > 0; --yields) co_await self.yield();
        if (any.below(16) == 0) co_await self.sleep_until(from_now(50 * ns_per_us));
        switch (any.below(4)) {
          case 0: {
            const auto got = co_await self.lock(all.mutex);
            if (!got.granted) co_return;
            scene.require(++all.locked == 1, "W4", "two tasks had the lock");
            for (int yields = any.below(3); yields > 0; --yields) co_await self.yield();
            --all.locked;
            scene.talks().unlock(all.mutex);
            break;
          }
          case 1: {
            const auto got = co_await self.acquire(all.semaphore);
            if (!got.granted) co_return;
            scene.require(++all.permitted <= permits, "W5", "more tasks than permits");
            for (int yields = any.below(3); yields > 0; --yields) co_await self.yield();
            --all.permitted;
            scene.talks().release(all.semaphore);
            break;
          }
          case 2: {
            talk_object scope = scene.talks().scope();
            std::atomic<int> ended{0};
            const int children = any.below(4);
            for (int i = 0; i < children; ++i) {
              scene.add(scope, [&ended, i](actor& child) -> act {
                for (int turn = 0; turn < i; ++turn) co_await child.yield();
                ++ended;
              });
            }
            co_await self.join(scope);
            scene.require(ended == children, "S7", "a join came before a task of the scope ended");
            break;
          }
          default: {
            const int value = static_cast<int>(me) * steps + step;
            const auto went = co_await self.send(
                all.through[static_cast<std::size_t>(any.below(channels))], value);
            if (!went.granted) co_return;
            ++all.sent;
          }
        }
      }
      if (--all.senders_left > 0) co_return;
      for (talk_object& each : all.through) scene.talks().close(each);
    });
  }
  for (std::size_t me = 0; me < receivers; ++me) {
    // Two for each channel, so that each is received from until it is closed.
    scene.add([&, me](actor& self) -> act {
      choices any(seed, senders + me);
      talk_object& from = all.through[me % channels];
      std::array<int, senders> last{};
      last.fill(-1);
      while (true) {
        for (int yields = any.below(3); yields > 0; --yields) co_await self.yield();
        actor::said got;
        if (of.has_first_of && any.below(2) == 0) {
          const time_ns soon_ns = any.below(100) * ns_per_us;
          got = co_await self.receive_until(from, from_now(soon_ns));
          if (!got.granted) continue;
        } else {
          got = co_await self.receive(from);
          if (!got.granted) co_return;
        }
        ++all.received[static_cast<std::size_t>(got.value)];
        const auto sender = static_cast<std::size_t>(got.value / steps);
        scene.require(got.value > last[sender], "W6", "values of one sender changed their order");
        last[sender] = got.value;
      }
    });
  }
  scene.play();
  int received = 0;
  for (const auto& times : all.received) {
    scene.require(times <= 1, "W6", "a value was received twice");
    received += times;
  }
  scene.require(received == all.sent, "W6", "a value was lost");
  return scene.found("W6");
}

}  // namespace skein::contract
