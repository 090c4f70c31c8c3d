// The future runtime's own risks: sizes, wakers that outlive what they wake, combinators, block_on.
// Futures that are dropped are in future_drop_test.cpp, what every runtime promises in
// tests/contract.
#include <array>
#include <atomic>
#include <cstddef>
#include <optional>
#include <thread>
#include <utility>
#include <variant>

#include "runtimes/clock.hpp"
#include "runtimes/future/block_on.hpp"
#include "runtimes/future/combinators.hpp"
#include "runtimes/future/scheduler.hpp"
#include "runtimes/socket.hpp"
#include "tests/action_inbox.hpp"
#include "tests/catch.hpp"
#include "tests/loopback_client.hpp"
#include "tests/options.hpp"
#include "workloads/c10k/counters.hpp"
#include "workloads/c10k/poll.hpp"
#include "workloads/timers/poll.hpp"

namespace skein {
namespace {

using future::scheduler;
using test::from_now;
using test::options_for;

/// A task that polls one future and keeps its output.
template <pollable F>
class keeping : pinned {
 public:
  using output = nothing;
  using kept = std::optional<typename F::output>;

  template <class Make>
  keeping(kept& to, Make make) : to_(to), inner_(make) {}

  polled<nothing> poll(context& with) {
    to_ = (*inner_).poll(with);
    if (!to_) return not_ready;
    return nothing{};
  }

 private:
  kept& to_;
  future::part<F> inner_;
};

/// Runs a future as the only task, and returns its output.
template <class Make>
auto run_alone(scheduler& on, Make make) {
  using made = std::invoke_result_t<Make&>;
  typename keeping<made>::kept output;
  on.spawn<keeping<made>>(output, make);
  on.run();
  return *output;
}

/// Pending until somebody opens it, and woken then.
class gate : pinned {
 public:
  using output = int;

  explicit gate(std::atomic<int>& opened, std::optional<waker>* to_wake = nullptr) noexcept
      : opened_(opened), to_wake_(to_wake) {}
  polled<int> poll(context& with) {
    if (to_wake_ != nullptr) to_wake_->emplace(with.waker());
    const int value = opened_.load(std::memory_order_acquire);
    if (value == 0) return not_ready;
    return value;
  }

 private:
  std::atomic<int>& opened_;
  std::optional<waker>* to_wake_;
};

struct no_context {
  static time_ns due_ns(std::size_t) noexcept { return 0; }
  static void fired(std::size_t, time_ns, wake) noexcept {}
};
struct no_counters {
  void add(std::size_t) noexcept {}
  void error(int) noexcept {}
};

TEST_CASE("a sleeping task takes 112 B, and one that echoes no more than a coroutine's 160") {
  STATIC_REQUIRE(sizeof(future::task<timers::sleep_once_future<scheduler, no_context>>) == 112);
  STATIC_REQUIRE(sizeof(future::task<c10k::echo_future<scheduler, no_counters>>) <= 160);
}

TEST_CASE("futures and what is made of them can be neither copied nor moved") {
  using leaf = decltype([](std::atomic<int>& opened) { return gate(opened); });
  STATIC_REQUIRE(pollable<scheduler::sleeping>);
  STATIC_REQUIRE(pollable<scheduler::reading>);
  STATIC_REQUIRE(pollable<gate>);
  STATIC_REQUIRE(!std::is_move_constructible_v<std::invoke_result_t<leaf, std::atomic<int>&>>);
}

TEST_CASE("map changes an output, and then goes on with another future") {
  scheduler on(options_for(10));
  std::atomic<int> opened{20};
  const int sum = run_alone(on, [&] {
    return future::then(
        [&] {
          return future::map([&] { return gate(opened); }, [](int value) { return value + 1; });
        },
        [&](int value) {
          return future::map([&] { return scheduler::sleeping(on, from_now(ns_per_ms)); },
                             [value](wake) { return 2 * value; });
        });
  });
  REQUIRE(sum == 42);
}

TEST_CASE("join waits for all of its parts, and polls none that has ended") {
  scheduler on(options_for(10));
  std::atomic<int> opened{5};
  const time_ns due_ns = from_now(5 * ns_per_ms);
  const auto [first, second, third] = run_alone(on, [&] {
    return future::join([&] { return gate(opened); },
                        [&] { return scheduler::sleeping(on, due_ns); },
                        [&] { return scheduler::sleeping(on, due_ns - ns_per_ms); });
  });
  REQUIRE(monotonic_clock::now_ns() >= due_ns);
  REQUIRE(first == 5);
  REQUIRE((second == wake::due && third == wake::due));
}

TEST_CASE("join_all waits for as many as there are, and keeps their outputs in order") {
  for (const std::size_t count : {0U, 1U, 1'000U}) {
    scheduler on(options_for(10));
    std::size_t polls = 0;
    const auto outputs = run_alone(on, [&] {
      return future::join_all(count, [&on, &polls](std::size_t i) {
        return future::map([&on] { return future::yielding(on); },
                           [i, &polls](nothing) { return ++polls, i; });
      });
    });
    REQUIRE(outputs.size() == count);
    REQUIRE(polls == count);
    for (std::size_t i = 0; i < count; ++i) REQUIRE(outputs[i] == i);
  }
}

TEST_CASE("select ends with the first of its parts, and has dropped the others by then") {
  scheduler on(options_for(10));
  const auto first = run_alone(on, [&] {
    return future::select([&] { return scheduler::sleeping(on, from_now(test::far_away_ns)); },
                          [&] { return scheduler::sleeping(on, from_now(2 * ns_per_ms)); });
  });
  REQUIRE(first.index() == 1);
}

TEST_CASE("timeout gives an output that comes in time, and nothing for one that does not") {
  scheduler on(options_for(10));
  std::atomic<int> opened{7};
  std::atomic<int> closed{0};
  const auto or_none = [](std::optional<int> output) { return output.value_or(-1); };
  const int in_time = run_alone(on, [&] {
    return future::map(
        [&] {
          return future::timeout(on, from_now(test::far_away_ns), [&] { return gate(opened); });
        },
        or_none);
  });
  const int too_late = run_alone(on, [&] {
    return future::map(
        [&] { return future::timeout(on, from_now(2 * ns_per_ms), [&] { return gate(closed); }); },
        or_none);
  });
  REQUIRE(in_time == 7);
  REQUIRE(too_late == -1);
}

class announced : pinned {
 public:
  using output = int;
  announced(std::atomic<int>& opened, std::optional<waker>& to_wake, std::atomic<bool>& once)
      : gate_(opened), to_wake_(to_wake), once_(once) {}
  polled<int> poll(context& with) {
    if (!to_wake_) to_wake_.emplace(with.waker());
    once_.store(true, std::memory_order_release);
    return gate_.poll(with);
  }

 private:
  gate gate_;
  std::optional<waker>& to_wake_;
  std::atomic<bool>& once_;
};

/// Sleeps, and then cancels another's sleep.
class spoiling : pinned {
 public:
  using output = nothing;
  spoiling(scheduler& on, time_ns until_ns, scheduler::timer& other)
      : on_(on), sleep_(on, until_ns), other_(other) {}
  polled<nothing> poll(context& with) {
    if (!sleep_.poll(with)) return not_ready;
    on_.cancel(other_);
    return nothing{};
  }

 private:
  scheduler& on_;
  scheduler::sleeping sleep_;
  scheduler::timer& other_;
};

TEST_CASE("a task is polled as its event is delivered, before the next event of the same tick") {
  for (const auto strategy : {run_strategy::fifo, run_strategy::lifo, run_strategy::priority}) {
    scheduler_options options = options_for(10);
    options.strategy = strategy;
    scheduler on(options);
    const time_ns due_ns = from_now(5 * ns_per_ms);
    std::array<scheduler::timer, 2> timers;
    std::array<std::optional<wake>, 2> ended;
    for (std::size_t i = 0; i < 2; ++i) {
      // Of two timers in one slot of the wheel, each is delivered first once.
      if (i == 0) on.spawn<spoiling>(on, due_ns, timers[0]);
      auto sleep = [&, i] { return scheduler::sleeping_on(on, timers[i], due_ns); };
      on.spawn<keeping<scheduler::sleeping_on>>(ended[i], sleep);
      if (i == 1) on.spawn<spoiling>(on, due_ns, timers[1]);
    }
    on.run();
    // With an order of its own, who is woken waits for its turn, and has been woken by then.
    const bool at_once = strategy == run_strategy::fifo;
    REQUIRE((ended[0] == wake::cancelled || ended[1] == wake::cancelled) == at_once);
  }
}

/// What wakes both of two tasks when one of them is woken.
struct both_wakers {
  waker first;
  waker second;
  static const waker_table table;
};
const waker_table both_wakers::table{.clone = [](void* data) { return waker_ref{data, &table}; },
                                     .wake = [](void*) noexcept {},
                                     .wake_by_ref =
                                         [](void* data) noexcept {
                                           static_cast<both_wakers*>(data)->first.wake_by_ref();
                                           static_cast<both_wakers*>(data)->second.wake_by_ref();
                                         },
                                     .drop = [](void*) noexcept {}};

/// Sleeps with a waker that wakes another task as well.
class sleeping_for_both : pinned {
 public:
  using output = nothing;
  sleeping_for_both(scheduler& on, time_ns until_ns, both_wakers& wakers)
      : sleep_(on, until_ns), wakers_(wakers) {}
  polled<nothing> poll(context& with) {
    wakers_.first = waker(with.waker());
    context both(waker_ref{&wakers_, &both_wakers::table});
    if (!sleep_.poll(both)) return not_ready;
    return nothing{};
  }

 private:
  scheduler::sleeping sleep_;
  both_wakers& wakers_;
};

/// Counts its polls until there were two.
class polled_twice : pinned {
 public:
  using output = nothing;
  polled_twice(waker& own, int& polls) : own_(own), polls_(polls) {}
  polled<nothing> poll(context& with) {
    own_ = waker(with.waker());
    if (++polls_ < 2) return not_ready;
    return nothing{};
  }

 private:
  waker& own_;
  int& polls_;
};

TEST_CASE("an event whose waker wakes two tasks has both polled, once each") {
  scheduler on(options_for(10));
  both_wakers wakers;
  int polls = 0;
  on.spawn<polled_twice>(wakers.second, polls);
  on.spawn<sleeping_for_both>(on, from_now(2 * ns_per_ms), wakers);
  on.run();
  REQUIRE(polls == 2);
  REQUIRE(on.live().tasks == 0);
}

TEST_CASE("block_on parks the thread until another one wakes the future") {
  std::atomic<int> opened{0};
  std::optional<waker> to_wake;
  std::atomic<bool> polled_once{false};
  std::thread opener([&] {
    while (!polled_once.load(std::memory_order_acquire)) std::this_thread::yield();
    opened.store(3, std::memory_order_release);
    to_wake->wake_by_ref();
  });
  const int value = future::block_on([&] { return announced(opened, to_wake, polled_once); });
  opener.join();
  REQUIRE(value == 3);
}

TEST_CASE("a waker may outlive its task and its scheduler, and then wakes nobody") {
  std::optional<waker> kept;
  {
    std::atomic<int> opened{1};
    scheduler on(options_for(10));
    run_alone(on, [&] { return gate(opened, &kept); });
    kept->wake_by_ref();
  }
  waker copy(*kept);
  std::move(*kept).wake();
  REQUIRE(!*kept);
  copy.wake_by_ref();
  REQUIRE(copy);
}

class clones_at_the_end : pinned {
 public:
  using output = nothing;
  explicit clones_at_the_end(std::optional<waker>& to) : to_(to) {}
  ~clones_at_the_end() { to_.emplace(lent_); }
  polled<nothing> poll(context& with) {
    lent_ = with.waker();
    return nothing{};
  }

 private:
  std::optional<waker>& to_;
  waker_ref lent_;
};

TEST_CASE("a future that clones its waker while it is dropped gets one that wakes nobody") {
  std::optional<waker> kept;
  scheduler on(options_for(10));
  on.spawn<clones_at_the_end>(kept);
  on.run();
  kept->wake_by_ref();
  REQUIRE(on.live().tasks == 0);
}

class compares : pinned {
 public:
  using output = bool;
  polled<bool> poll(context& with) {
    if (kept_) return kept_->ref().will_wake(with.waker());
    kept_.emplace(with.waker());
    kept_->wake_by_ref();
    return not_ready;
  }

 private:
  std::optional<waker> kept_;
};

TEST_CASE("a task whose waker was cloned lends the clones' waker from then on") {
  scheduler on(options_for(10));
  REQUIRE(run_alone(on, [] { return compares(); }));
}

class opened_by_another : pinned {
 public:
  using output = nothing;
  opened_by_another(std::atomic<int>& opened, std::thread& other, test::action_inbox& inbox)
      : opened_(opened), other_(other), inbox_(inbox) {}
  polled<nothing> poll(context& with) {
    if (!other_.joinable()) {
      other_ = std::thread([this, by = waker(with.waker())] {
        opened_.store(1);
        by.wake_by_ref();
      });
    }
    if (opened_.load() == 0) return not_ready;
    inbox_.signal();
    return nothing{};
  }

 private:
  std::atomic<int>& opened_;
  std::thread& other_;
  test::action_inbox& inbox_;
};

TEST_CASE("another thread's wake comes through beside the inbox") {
  scheduler on(options_for(10));
  std::atomic<int> opened{0};
  std::optional<waker> to_wake;
  test::action_inbox inbox([&] { on.stop(); });
  std::thread other;
  on.spawn<opened_by_another>(opened, other, inbox);
  on.run(inbox);
  other.join();
  REQUIRE(on.live().tasks == 0);
}

}  // namespace
}  // namespace skein
