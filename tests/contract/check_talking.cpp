#include "tests/contract/check_talking.hpp"

#include <array>
#include <atomic>
#include <vector>

#include "tests/contract/stage.hpp"

namespace skein::contract {

verdict s7_a_join_waits_for_every_child(const subject& of) {
  constexpr int many = 20;
  stage scene(of);
  talk_object scope = scene.talks().scope();
  std::atomic<int> ended{0};
  scene.add([&](actor& self) -> act {
    co_await self.join(scope);  // of nobody
    for (int round = 1; round <= 3; ++round) {
      for (int i = 0; i < many; ++i) {
        self.on().add(scope, [&, i](actor& child) -> act {
          for (int turn = 0; turn < i % 3; ++turn) co_await child.yield();
          if (i % 3 != 0) co_await child.sleep_until(from_now((1 + i % 5) * ns_per_ms));
          ++ended;
        });
      }
      const auto joined = co_await self.join(scope);
      self.on().require(joined.granted && ended == round * many, "S7",
                        "a join returned before a task of the scope had ended");
    }
  });
  scene.play();
  return scene.found("S7");
}

verdict w4_one_task_at_a_time_has_the_lock(const subject& of) {
  constexpr int tasks = 16;
  constexpr int rounds = 20;
  stage scene(of);
  talk_object mutex = scene.talks().mutex();
  std::atomic<bool> inside{false};
  std::atomic<int> entered{0};
  for (int i = 0; i < tasks; ++i) {
    scene.add([&](actor& self) -> act {
      for (int round = 0; round < rounds; ++round) {
        const auto locked = co_await self.lock(mutex);
        if (!locked.granted) co_return;
        ++entered;
        self.on().require(!inside.exchange(true), "W4", "two tasks had the lock");
        co_await self.yield();
        inside = false;
        self.on().talks().unlock(mutex);
      }
    });
  }
  scene.play();
  scene.require(entered == tasks * rounds, "W4", "a task never got the lock");
  return scene.found("W4");
}

verdict w4_a_lock_is_handed_on_in_order(const subject& of) {
  if (!of.single_threaded) return std::nullopt;
  constexpr int tasks = 8;
  stage scene(of);
  talk_object mutex = scene.talks().mutex();
  std::vector<int> order;
  scene.add([&](actor& self) -> act {
    co_await self.lock(mutex);
    for (int i = 0; i < tasks; ++i) {
      self.on().add([&, i](actor& other) -> act {
        co_await other.lock(mutex);
        order.push_back(i);
        self.on().talks().unlock(mutex);
      });
    }
    for (int turn = 0; turn < 4 * tasks; ++turn) co_await self.yield();
    self.on().require(order.empty(), "W4", "two tasks had the lock");
    self.on().talks().unlock(mutex);
    co_await self.lock(mutex);
    order.push_back(tasks);
    self.on().talks().unlock(mutex);
  });
  scene.play();
  bool in_order = order.size() == tasks + 1;
  for (std::size_t i = 0; i < order.size(); ++i) in_order &= order[i] == static_cast<int>(i);
  scene.require(in_order, "W4", "the lock was not handed on in order");
  return scene.found("W4");
}

verdict w5_no_more_tasks_than_permits(const subject& of) {
  constexpr int tasks = 12;
  constexpr int rounds = 10;
  constexpr int permits = 3;
  stage scene(of);
  talk_object semaphore = scene.talks().semaphore(permits);
  std::atomic<int> inside{0};
  std::atomic<int> entered{0};
  for (int i = 0; i < tasks; ++i) {
    scene.add([&](actor& self) -> act {
      for (int round = 0; round < rounds; ++round) {
        const auto acquired = co_await self.acquire(semaphore);
        if (!acquired.granted) co_return;
        ++entered;
        self.on().require(++inside <= permits, "W5", "more tasks than permits");
        co_await self.yield();
        --inside;
        self.on().talks().release(semaphore);
      }
    });
  }
  scene.play();
  scene.require(entered == tasks * rounds, "W5", "a task never got a permit");
  return scene.found("W5");
}

verdict w5_an_event_lets_all_go_on(const subject& of) {
  constexpr int tasks = 8;
  stage scene(of);
  talk_object event = scene.talks().event();
  std::atomic<bool> set{false};
  std::atomic<int> waited{0};
  const auto waits = [&](actor& self) -> act {
    const auto came = co_await self.wait(event);
    if (!came.granted) co_return;
    self.on().require(set, "W5", "a wait ended before the event was set");
    ++waited;
  };
  for (int i = 0; i < tasks; ++i) scene.add(waits);
  scene.add([&](actor& self) -> act {
    co_await self.sleep_until(from_now(3 * ns_per_ms));
    set = true;
    self.on().talks().set(event);
    self.on().talks().set(event);
    self.on().add(waits);
  });
  scene.play();
  scene.require(waited == tasks + 1, "W5", "a wait for a set event did not end");
  return scene.found("W5");
}

namespace {

constexpr std::size_t senders = 3;
constexpr std::size_t receivers = 4;
constexpr int values_each = 200;

/// Which sender, and its how-manieth value.
int value_of(std::size_t sender, int number) {
  return static_cast<int>(sender) * values_each + number;
}

verdict every_value_once(const subject& of, std::size_t capacity) {
  stage scene(of);
  talk_object channel = scene.talks().channel(capacity);
  std::vector<std::atomic<int>> received(senders * values_each);
  std::atomic<std::size_t> senders_left{senders};
  for (std::size_t i = 0; i < senders; ++i) {
    scene.add([&, i](actor& self) -> act {
      for (int number = 0; number < values_each; ++number) {
        const auto sent = co_await self.send(channel, value_of(i, number));
        if (!sent.granted) co_return;
        if (number % 16 == 0) co_await self.yield();
      }
      if (--senders_left == 0) self.on().talks().close(channel);
    });
  }
  for (std::size_t i = 0; i < receivers; ++i) {
    scene.add([&](actor& self) -> act {
      std::array<int, senders> last{};
      last.fill(-1);
      while (true) {
        const auto got = co_await self.receive(channel);
        if (!got.granted) co_return;
        ++received[static_cast<std::size_t>(got.value)];
        const auto from = static_cast<std::size_t>(got.value / values_each);
        const int number = got.value % values_each;
        self.on().require(number > last[from], "W6", "values of one sender changed their order");
        last[from] = number;
        if (number % 5 == 0) co_await self.yield();
      }
    });
  }
  scene.play();
  for (const auto& times : received) {
    scene.require(times <= 1, "W6", "a value was received twice");
    scene.require(times >= 1, "W6", "a value was lost");
  }
  return scene.found("W6");
}

}  // namespace

verdict w6_every_value_is_received_once_and_in_order(const subject& of) {
  for (const std::size_t capacity : {0U, 1U, 16U}) {
    if (verdict broken = every_value_once(of, capacity)) return broken;
  }
  return std::nullopt;
}

verdict w6_no_more_values_wait_than_there_is_room(const subject& of) {
  for (const int capacity : {0, 1, 5}) {
    stage scene(of);
    talk_object channel = scene.talks().channel(static_cast<std::size_t>(capacity));
    std::atomic<int> sent{0};
    scene.add([&](actor& self) -> act {
      for (int i = 0; i < capacity + 3; ++i) {
        const auto went = co_await self.send(channel, i);
        if (went.granted) ++sent;
      }
    });
    scene.add([&](actor& self) -> act {
      while (sent < capacity && !self.on().hung()) co_await self.sleep_until(from_now(ns_per_ms));
      co_await self.sleep_until(from_now(3 * ns_per_ms));
      self.on().require(sent == capacity, "W6", "more or fewer values waited than there is room");
      for (int i = 0; i < capacity + 3; ++i) {
        const auto got = co_await self.receive(channel);
        self.on().require(got.granted && got.value == i, "W6", "values changed their order");
      }
    });
    scene.play();
    if (verdict broken = scene.found("W6")) return broken;
  }
  return std::nullopt;
}

verdict w6_a_closed_channel_ends_who_waits(const subject& of) {
  stage scene(of);
  talk_object full = scene.talks().channel(2);
  talk_object empty = scene.talks().channel(0);
  std::atomic<int> room_taken{0};
  scene.add([&](actor& self) -> act {
    const auto got = co_await self.receive(empty);
    self.on().require(!got.granted, "W6", "a receive from a closed channel gave a value");
  });
  scene.add([&](actor& self) -> act {
    for (int i = 0; i < 3; ++i) {
      const auto sent = co_await self.send(full, i);
      self.on().require(sent.granted == (i < 2), "W6", "a send that waited did not fail at close");
      ++room_taken;
    }
  });
  scene.add([&](actor& self) -> act {
    do {
      co_await self.sleep_until(from_now(3 * ns_per_ms));
    } while (room_taken < 2 && !self.on().hung());
    self.on().talks().close(full);
    self.on().talks().close(empty);
    const auto late = co_await self.send(full, 9);
    self.on().require(!late.granted, "W6", "a send into a closed channel went");
    for (int i = 0; i < 3; ++i) {
      const auto got = co_await self.receive(full);
      self.on().require(got.granted == (i < 2), "W6",
                        "what was sent before close was not received");
    }
  });
  scene.play();
  return scene.found("W6");
}

verdict w7_a_wait_that_came_first_leaves_no_other_behind(const subject& of) {
  if (!of.has_first_of) return std::nullopt;
  stage scene(of);
  talk_object channel = scene.talks().channel(0);
  scene.add([&](actor& self) -> act {
    const auto first = co_await self.receive_until(channel, from_now(10 * ns_per_ms));
    self.on().require(first.granted && first.value == 1, "W7", "a value in time did not come");
    const auto second = co_await self.receive(channel);
    self.on().require(second.granted && second.value == 2, "W7", "a deadline ended a later wait");
  });
  scene.add([&](actor& self) -> act {
    co_await self.sleep_until(from_now(2 * ns_per_ms));
    co_await self.send(channel, 1);
    co_await self.sleep_until(from_now(20 * ns_per_ms));
    co_await self.send(channel, 2);
  });
  scene.play();
  return scene.found("W7");
}

verdict w7_a_wait_that_was_given_up_takes_nothing(const subject& of) {
  if (!of.has_first_of) return std::nullopt;
  stage scene(of);
  talk_object channel = scene.talks().channel(1);
  scene.add([&](actor& self) -> act {
    const auto none = co_await self.receive_until(channel, from_now(2 * ns_per_ms));
    self.on().require(!none.granted, "W7", "a value came that nobody sent");
    co_await self.send(channel, 7);
    const auto got = co_await self.receive(channel);
    self.on().require(got.granted && got.value == 7, "W7", "a wait that was given up took a value");
  });
  scene.play();
  return scene.found("W7");
}

verdict w7_a_value_that_comes_at_the_deadline_is_not_lost(const subject& of) {
  if (!of.has_first_of) return std::nullopt;
  constexpr int rounds = 60;
  stage scene(of);
  talk_object channel = scene.talks().channel(0);
  const time_ns begin_ns = from_now(2 * ns_per_ms);
  std::vector<int> got;
  scene.add([&](actor& self) -> act {
    for (int i = 0; i < rounds; ++i) {
      const auto first = co_await self.receive_until(channel, begin_ns + i * ns_per_ms);
      if (first.granted) got.push_back(first.value);
    }
    while (static_cast<int>(got.size()) < rounds) {
      const auto rest = co_await self.receive(channel);
      if (!rest.granted) co_return;
      got.push_back(rest.value);
    }
  });
  scene.add([&](actor& self) -> act {
    for (int i = 0; i < rounds; ++i) {
      co_await self.sleep_until(begin_ns + i * ns_per_ms);
      co_await self.send(channel, i);
    }
  });
  scene.play();
  bool in_order = static_cast<int>(got.size()) == rounds;
  for (std::size_t i = 0; i < got.size(); ++i) in_order &= got[i] == static_cast<int>(i);
  scene.require(in_order, "W7", "a value that came at a deadline was lost, or came twice");
  return scene.found("W7");
}

verdict w8_stop_ends_all_waits_as_cancelled(const subject& of) {
  stage scene(of);
  auto& talks = scene.talks();
  talk_object mutex = talks.mutex();
  talk_object semaphore = talks.semaphore(0);
  talk_object event = talks.event();
  talk_object shared = talks.shared_event();
  talk_object full = talks.channel(0);
  talk_object empty = talks.channel(0);
  talk_object free = talks.mutex();
  talk_object scope = talks.scope();
  std::atomic<int> ended{0};
  const auto waits = [&](auto ask) {
    scene.add([&, ask](actor& self) -> act {
      const auto how = co_await ask(self);
      self.on().require(!how.granted, "W8", "a wait that stop ended was granted");
      const auto later = co_await self.lock(free);
      self.on().require(!later.granted, "W8", "a wait after stop was granted");
      ++ended;
    });
  };
  scene.add([&](actor& self) -> act {
    co_await self.lock(mutex);
    waits([&](actor& other) { return other.lock(mutex); });
    waits([&](actor& other) { return other.acquire(semaphore); });
    waits([&](actor& other) { return other.wait(event); });
    waits([&](actor& other) { return other.wait_shared(shared); });
    waits([&](actor& other) { return other.send(full, 1); });
    waits([&](actor& other) { return other.receive(empty); });
    self.on().add(scope, [&](actor& child) -> act {
      co_await child.wait(event);
      ++ended;
    });
    co_await self.sleep_until(from_now(3 * ns_per_ms));
    self.scheduler().stop();
    co_await self.join(scope);
    self.on().talks().unlock(mutex);
  });
  scene.play();
  scene.require(ended == 7, "W8", "a wait did not end at stop");
  return scene.found("W8");
}

}  // namespace skein::contract
