// Clauses P1 to P8, of schedulers in the poll style. They are about futures and wakers, which no
// other style has, so each check is compiled for each scheduler.
//
// An honest scheduler that breaks P2, P4 or P8 leaves its run asleep. A liar has a watchman, who
// wakes every task after a while and says that he had to (liars/futures.hpp).
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "runtimes/clock.hpp"
#include "runtimes/scheduler.hpp"
#include "runtimes/socket.hpp"
#include "tests/contract/verdict.hpp"
#include "tests/loopback_client.hpp"
#include "tests/options.hpp"

namespace skein::contract {

/// A future whose every poll calls a function; ready when that says so.
class scripted : pinned {
 public:
  using output = nothing;
  using script = std::function<bool(context&)>;

  explicit scripted(script does) : does_(std::move(does)) {}

  polled<nothing> poll(context& with) {
    if (does_(with)) return nothing{};
    return not_ready;
  }

 private:
  script does_;
};

/// The findings of a check, and whether a liar's watchman had to help.
template <class S>
verdict found_in(const findings& found, const S& on, const char* clause) {
  if constexpr (requires { on.forced(); }) {
    if (on.forced()) return violation{clause, "a task was not polled after it was woken"};
  }
  return found.first();
}

inline void require(findings& found, bool holds, const char* clause, const char* how) {
  if (!holds) found.report(clause, how);
}

template <poll_timers S>
verdict p1_making_begins_nothing() {
  findings found;
  S on(test::options_for(10));
  int polls = 0;
  on.template spawn<scripted>([&](context&) { return ++polls > 0; });
  require(found, polls == 0, "P1", "a task was polled inside spawn");
  {
    const typename S::sleeping unpolled(on, test::from_now(test::far_away_ns));
  }
  on.run();
  require(found, polls == 1, "P1", "a task was not polled once");
  return found_in(found, on, "P1");
}

template <poll_timers S>
verdict p2_what_is_woken_is_polled() {
  findings found;
  S on(test::options_for(10));
  const time_ns start_ns = monotonic_clock::now_ns();
  std::vector<std::unique_ptr<typename S::sleeping>> sleeps;
  std::atomic<int> awake{0};
  for (int i = 1; i <= 4; ++i) {
    const time_ns due_ns = start_ns + i * 3 * ns_per_ms;
    auto& sleep = *sleeps.emplace_back(std::make_unique<typename S::sleeping>(on, due_ns));
    on.template spawn<scripted>([&found, &sleep, &awake, due_ns](context& with) {
      const auto how = sleep.poll(with);
      if (!how) return false;
      require(found, monotonic_clock::now_ns() >= due_ns, "T1", "a sleep was ready too early");
      ++awake;
      return true;
    });
  }
  on.run();
  require(found, awake == 4, "P2", "a sleep was never ready");
  return found_in(found, on, "P2");
}

/// Knows where it was polled. Trivial, so that a liar can move it though it forbids that.
class rooted : pinned {
 public:
  using output = nothing;

  rooted(findings& found, int polls) noexcept : found_(&found), left_(polls) {}

  polled<nothing> poll(context& with) {
    if (at_ == nullptr) at_ = this;
    require(*found_, at_ == this, "P3", "a future moved between two polls");
    if (--left_ == 0) return nothing{};
    with.waker().wake();
    return not_ready;
  }

 private:
  findings* found_;
  int left_;
  const rooted* at_ = nullptr;
};

template <poll_timers S>
verdict p3_a_future_stays_where_it_was_polled() {
  findings found;
  S on(test::options_for(10));
  on.template spawn<rooted>(found, 3);
  on.run();
  return found_in(found, on, "P3");
}

template <poll_timers S>
verdict p4_woken_while_polled_is_polled_again() {
  findings found;
  S on(test::options_for(10));
  int polls = 0;
  on.template spawn<scripted>([&](context& with) {
    if (++polls == 3) return true;
    with.waker().wake();
    return false;
  });
  on.run();
  require(found, polls == 3, "P4", "a task that woke itself was not polled once for each time");
  return found_in(found, on, "P4");
}

template <poll_timers S>
verdict p5_woken_twice_is_polled_once() {
  findings found;
  S on(test::options_for(10));
  waker of_first;
  bool over = false;
  int polls = 0;
  on.template spawn<scripted>([&](context& with) {
    ++polls;
    of_first = waker(with.waker());
    return over;
  });
  int turns = 0;
  on.template spawn<scripted>([&](context& with) {
    const int turn = turns++;
    if (turn == 1) require(found, polls == 1, "P5", "a task was polled that nobody had woken");
    if (turn == 1) {
      for (int i = 0; i < 3; ++i) of_first.wake_by_ref();
    }
    if (turn == 3) {
      require(found, polls == 2, "P5", "a task that was woken thrice was not polled once");
      over = true;
      of_first.wake_by_ref();
      return true;
    }
    with.waker().wake();
    return false;
  });
  on.run();
  return found_in(found, on, "P5");
}

template <poll_timers S>
verdict p6_what_is_over_is_not_polled() {
  findings found;
  S on(test::options_for(10));
  waker of_first;
  int polls = 0;
  on.template spawn<scripted>([&](context& with) {
    of_first = waker(with.waker());
    return ++polls > 0;
  });
  int turns = 0;
  on.template spawn<scripted>([&](context& with) {
    of_first.wake_by_ref();
    if (++turns == 3) return true;
    with.waker().wake();
    return false;
  });
  on.run();
  require(found, polls == 1, "P6", "a future was polled that was over");
  return found_in(found, on, "P6");
}

/// A sleep that is dropped wakes nobody, and leaves other sleeps alone.
template <poll_timers S>
verdict p7_a_dropped_sleep_is_withdrawn() {
  findings found;
  S on(test::options_for(10));
  const time_ns start_ns = monotonic_clock::now_ns();
  std::optional<typename S::sleeping> dropped(std::in_place, on, start_ns + 20 * ns_per_ms);
  typename S::sleeping kept(on, start_ns + 40 * ns_per_ms);
  int polls = 0;
  on.template spawn<scripted>([&](context& with) {
    ++polls;
    if (dropped) {
      require(found, !dropped->poll(with), "P7", "a sleep was ready at once");
      dropped.reset();
    }
    return kept.poll(with).has_value();
  });
  on.run();
  require(found, polls == 2, "P7", "a dropped sleep woke its task");
  return found_in(found, on, "P7");
}

/// Each of the waits of a connection, dropped while it waits, leaves room for the next.
template <poll_scheduler S>
verdict p7_a_dropped_wait_leaves_room_for_the_next() {
  findings found;
  S on(test::options_for(10));
  const listening_socket socket = make_listener(blocking::no);
  auto& from = on.listen(socket.descriptor);
  const std::vector<std::byte> much(std::size_t{8} << 20U);
  std::optional<test::loopback_client> client;
  typename S::connection* peer = nullptr;
  std::optional<typename S::accepting> accepts;
  std::optional<typename S::reading> reads;
  std::optional<typename S::writing> writes;
  int step = 0;
  on.template spawn<scripted>([&](context& with) {
    switch (step) {
      case 0:
        accepts.emplace(on, from);
        require(found, !accepts->poll(with), "P7", "nobody was accepted");
        accepts.emplace(on, from);
        client.emplace(socket.port, 4096);
        ++step;
        [[fallthrough]];
      case 1: {
        const auto accepted = accepts->poll(with);
        if (!accepted) return false;
        peer = *accepted;
        reads.emplace(on, *peer);
        require(found, !reads->poll(with), "P7", "bytes came that nobody sent");
        writes.emplace(on, *peer, much);
        require(found, !writes->poll(with), "P7", "the kernel took 8 MiB at once");
        writes.reset();
        reads.emplace(on, *peer);
        client->send_byte(std::byte{7});
        ++step;
        [[fallthrough]];
      }
      default: {
        const auto chunk = reads->poll(with);
        if (!chunk) return false;
        require(found, chunk->size() == 1 && chunk->front() == std::byte{7}, "P7",
                "the read after a dropped one did not get the bytes");
        reads.reset();
        on.close(*peer);
        return true;
      }
    }
  });
  on.run();
  require(found, on.live().connections == 0, "P7", "a connection was left");
  return found_in(found, on, "P7");
}

/// A connection that was accepted and never taken is closed with the future that has it.
template <poll_scheduler S>
verdict p7_a_dropped_accept_closes_its_connection() {
  findings found;
  S on(test::options_for(10));
  const listening_socket socket = make_listener(blocking::no);
  auto& from = on.listen(socket.descriptor);
  std::optional<test::loopback_client> client;
  std::optional<typename S::accepting> accepts;
  on.template spawn<scripted>([&](context& with) {
    if (!accepts) {
      accepts.emplace(on, from);
      require(found, !accepts->poll(with), "P7", "nobody was accepted");
      client.emplace(socket.port);
      return false;
    }
    accepts.reset();  // woken: it has the connection
    return true;
  });
  on.run();
  require(found, on.live().connections == 0, "P7", "an accepted connection was left open");
  return found_in(found, on, "P7");
}

/// So many wakes by each of four threads. Each makes its next when the task has heard its last, so
/// that a single lost one is seen: then nobody goes on.
template <poll_timers S>
verdict p8_no_wake_from_another_thread_is_lost(std::uint64_t of_each) {
  constexpr std::size_t threads = 4;
  struct alignas(64) letter_box {
    std::atomic<int> is_full{0};
  };
  findings found;
  std::array<letter_box, threads> boxes;
  std::atomic<std::size_t> ended{0};
  std::vector<std::thread> wakers;
  {
    S on(test::options_for(10));
    std::uint64_t polls = 0;
    on.template spawn<scripted>([&](context& with) {
      if (wakers.empty()) {
        for (letter_box& box : boxes) {
          wakers.emplace_back([&box, &ended, of_each, by = waker(with.waker())] {
            for (std::uint64_t made = 0; made < of_each; ++made) {
              box.is_full.store(1, std::memory_order_release);
              by.wake_by_ref();
              box.is_full.wait(1, std::memory_order_acquire);
            }
            ended.fetch_add(1, std::memory_order_acq_rel);
            by.wake_by_ref();
          });
        }
        return false;
      }
      for (letter_box& box : boxes) {
        if (box.is_full.exchange(0, std::memory_order_acq_rel) == 1) box.is_full.notify_one();
      }
      const std::size_t left = threads - ended.load(std::memory_order_acquire);
      // Between a look and its answer is where wakes are lost. So now and then those of all threads
      // come then, after which nobody is left to hide a loss by another wake.
      if (++polls % 64 == 0) {
        const time_ns until_ns = monotonic_clock::now_ns() + 10 * ns_per_ms;
        const auto full = [](const letter_box& box) { return box.is_full.load() == 1; };
        while (std::cmp_less(std::ranges::count_if(boxes, full), left) &&
               monotonic_clock::now_ns() < until_ns) {
          std::this_thread::yield();
        }
        std::this_thread::sleep_for(std::chrono::microseconds(100));
      }
      return left == 0;
    });
    on.run();
    if (const verdict broken = found_in(found, on, "P8")) found.report(broken->clause, broken->how);
  }  // some of the wakers outlive task and scheduler
  for (std::thread& each : wakers) each.join();
  return found.first();
}

}  // namespace skein::contract
