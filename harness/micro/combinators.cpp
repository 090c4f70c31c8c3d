// What futures are combined of: polling one that is ready, cloning a waker, waiting for all of 10
// and of 1,000, and waiting for the first of two, where the other is dropped.
//
// Measures:
//  - poll_ready: a poll of a future that is ready, through a call that is not inlined; items are
//    polls. Its like is a plain call (control/function_call): nothing is queued or allocated.
//  - waker_clone_drop: a task's waker is cloned and given up, after the first clone, which
//    allocates what clones share. Atomic operations, as any thread may do it.
//  - join/N: a task waits for N children that each yield once; items are children. A future's
//    children are parts of the task. The others' are tasks, spawned here, and the parent yields
//    until the last has ended: they have no join yet.
//  - first_of: a wait that ends at the next turn beside a sleep of an hour that is given up; items
//    are pairs. A future drops the sleep. The others' sleeper is a task of its own, which is
//    cancelled.
// Does not measure: joins whose parts end one after the other, which cost a future N squared polls.
// How it may be unfair: children of a future need no allocation each, and no queue. That is what
// the model offers; tasks can be waited for by others, and outlive who spawned them.
#include "runtimes/future/combinators.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "harness/micro/bench.hpp"
#include "harness/micro/benchmarks.hpp"
#include "harness/micro/conditions.hpp"
#include "harness/micro/subjects.hpp"

namespace skein::micro {

namespace {

constexpr time_ns an_hour_ns = 3600 * ns_per_s;

/// Of one batch.
struct counted {
  std::size_t wanted;
  std::size_t ended = 0;
};

// --- poll_ready, waker_clone_drop ---------------------------------------------------------------

class ready_future : pinned {
 public:
  using output = std::size_t;
  explicit ready_future(std::size_t value) noexcept : value_(value) {}
  [[gnu::noinline]] polled<std::size_t> poll(context&) noexcept { return value_; }

 private:
  std::size_t value_;
};

/// Does something once, and when it is polled again many times under the watch: what only the first
/// does is left out, and what a task lends after its first clone is seen.
template <class Act>
class acting : pinned {
 public:
  using output = nothing;
  acting(stopwatch& watch, std::size_t times, Act act) noexcept
      : watch_(watch), times_(times), act_(act) {}

  polled<nothing> poll(context& with) {
    if (!std::exchange(begun_, true)) {
      act_(with);
      with.waker().wake();
      return not_ready;
    }
    watch_.start();
    for (std::size_t i = 0; i < times_; ++i) act_(with);
    watch_.stop();
    return nothing{};
  }

 private:
  stopwatch& watch_;
  std::size_t times_;
  Act act_;
  bool begun_ = false;
};

template <class Act>
void add_acting(const std::string& name, Act act) {
  add(name, [act](stopwatch& watch) {
    constexpr std::size_t times = 100'000;
    future::scheduler on(conditions(16));
    while (watch.next_batch(static_cast<std::int64_t>(times))) {
      on.spawn<acting<Act>>(watch, times, act);
      on.run();
    }
  });
}

// --- join ---------------------------------------------------------------------------------------

template <poll_scheduler S>
class joining : pinned {
 public:
  using output = nothing;
  joining(S& on, stopwatch& watch, counted& all) : on_(on), watch_(watch), all_(all) {}

  polled<nothing> poll(context& with) {
    if (!children_) {
      watch_.start();
      children_.emplace(all_.wanted, make{on_});
    }
    const auto outputs = children_->poll(with);
    if (!outputs) return not_ready;
    watch_.stop();
    all_.ended = outputs->size();
    return nothing{};
  }

 private:
  struct make {
    S& on;
    auto operator()(std::size_t) const { return typename S::yielding(on); }
  };

  S& on_;
  stopwatch& watch_;
  counted& all_;
  std::optional<future::join_all<make>> children_;
};

template <poll_scheduler S>
void spawn_joining(S& on, stopwatch& watch, counted& all) {
  on.template spawn<joining<S>>(on, watch, all);
}

template <coroutine_scheduler S>
typename S::task yield_once(S& on, counted& all) {
  co_await on.yield();
  ++all.ended;
}

template <coroutine_scheduler S>
typename S::task join_children(S& on, stopwatch& watch, counted& all) {
  watch.start();
  for (std::size_t i = 0; i < all.wanted; ++i) on.spawn(yield_once(on, all));
  while (all.ended < all.wanted) co_await on.yield();
  watch.stop();
}

template <coroutine_scheduler S>
void spawn_joining(S& on, stopwatch& watch, counted& all) {
  on.spawn(join_children(on, watch, all));
}

template <direct_scheduler S>
void spawn_joining(S& on, stopwatch& watch, counted& all) {
  on.spawn([&on, &watch, &all] {
    watch.start();
    for (std::size_t i = 0; i < all.wanted; ++i) {
      on.spawn([&on, &all] {
        on.yield();
        ++all.ended;
      });
    }
    while (all.ended < all.wanted) on.yield();
    watch.stop();
  });
}

template <class S>
void add_join(const std::string& runtime, std::size_t children) {
  add("join/" + runtime + "/" + std::to_string(children), [children](stopwatch& watch) {
    S on(conditions(children + 16));
    while (watch.next_batch(static_cast<std::int64_t>(children))) {
      counted all{children};
      spawn_joining(on, watch, all);
      on.run();
      expect_count("children ended", all.ended, children);
    }
  });
}

// --- first_of -----------------------------------------------------------------------------------

template <poll_scheduler S>
class choosing : pinned {
 public:
  using output = nothing;
  choosing(S& on, stopwatch& watch, counted& all) : on_(on), watch_(watch), all_(all) {}

  polled<nothing> poll(context& with) {
    if (!waits_) watch_.start();
    while (all_.ended < all_.wanted) {
      if (!waits_) waits_.emplace(soon{on_}, late{on_});
      if (!waits_->poll(with)) return not_ready;
      waits_.reset();
      ++all_.ended;
    }
    watch_.stop();
    return nothing{};
  }

 private:
  struct soon {
    S& on;
    auto operator()() const { return typename S::yielding(on); }
  };
  struct late {
    S& on;
    auto operator()() const {
      return typename S::sleeping(on, monotonic_clock::now_ns() + an_hour_ns);
    }
  };

  S& on_;
  stopwatch& watch_;
  counted& all_;
  std::optional<future::select<soon, late>> waits_;
};

template <poll_scheduler S>
void spawn_choosing(S& on, stopwatch& watch, counted& all) {
  on.template spawn<choosing<S>>(on, watch, all);
}

template <coroutine_scheduler S>
typename S::task sleep_until_cancelled(S& on, typename S::timer& by, counted& all) {
  const wake how = co_await on.sleep_until(by, monotonic_clock::now_ns() + an_hour_ns);
  if (how == wake::cancelled) ++all.ended;
}

template <coroutine_scheduler S>
typename S::task choose(S& on, stopwatch& watch, counted& all) {
  typename S::timer by;
  watch.start();
  for (std::size_t i = 0; i < all.wanted; ++i) {
    on.spawn(sleep_until_cancelled(on, by, all));
    co_await on.yield();
    on.cancel(by);
    while (all.ended == i) co_await on.yield();
  }
  watch.stop();
}

template <coroutine_scheduler S>
void spawn_choosing(S& on, stopwatch& watch, counted& all) {
  on.spawn(choose(on, watch, all));
}

template <direct_scheduler S>
void spawn_choosing(S& on, stopwatch& watch, counted& all) {
  on.spawn([&on, &watch, &all] {
    typename S::timer by;
    watch.start();
    for (std::size_t i = 0; i < all.wanted; ++i) {
      on.spawn([&on, &by, &all] {
        const wake how = on.sleep_until(by, monotonic_clock::now_ns() + an_hour_ns);
        if (how == wake::cancelled) ++all.ended;
      });
      on.yield();
      on.cancel(by);
      while (all.ended == i) on.yield();
    }
    watch.stop();
  });
}

template <class S>
void add_first_of(const std::string& runtime) {
  add("first_of/" + runtime, [](stopwatch& watch) {
    constexpr std::size_t pairs = 10'000;
    S on(conditions(16));
    while (watch.next_batch(static_cast<std::int64_t>(pairs))) {
      counted all{pairs};
      spawn_choosing(on, watch, all);
      on.run();
      expect_count("sleeps given up", all.ended, pairs);
    }
  });
}

}  // namespace

void add_combinators() {
  add_acting("poll_ready/future", [](context& with) {
    ready_future ready(1);
    auto answered = ready.poll(with);
    benchmark::DoNotOptimize(answered);
  });
  add_acting("waker_clone_drop/future", [](context& with) { const waker cloned(with.waker()); });
  for_each_single_threaded([]<class S>(const std::string& id) {
    if constexpr (!callback_scheduler<S>) {
      add_join<S>(id, 10);
      add_join<S>(id, 1'000);
      add_first_of<S>(id);
    }
  });
}

}  // namespace skein::micro
