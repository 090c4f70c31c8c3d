// The coroutine runtime's own risks: laziness, frames lost or kept, stacks of transfers. What all
// runtimes share is tested in tests/contract.
#include <algorithm>
#include <memory>
#include <random>
#include <set>
#include <vector>

#include "runtimes/coroutine/scheduler.hpp"
#include "tests/catch.hpp"
#include "tests/options.hpp"

namespace skein {
namespace {

using coroutine_scheduler_type = coroutine::scheduler;
using task = coroutine::task;

#ifdef SKEIN_SANITIZED
constexpr int very_many = 20'000;
#else
constexpr int very_many = 1'000'000;
#endif

scheduler_options any_options() {
  return test::options_for(64);
}

/// Counts the frames that are alive, by what lives in them.
struct frame_mark {
  explicit frame_mark(int& counter) : alive(counter) { ++alive; }
  frame_mark(const frame_mark&) = delete;
  frame_mark& operator=(const frame_mark&) = delete;
  ~frame_mark() { --alive; }
  int& alive;
};

/// A parameter of this type lives in the frame from creation to destruction. (User-declared
/// constructors: g++ 12 destroys some aggregates twice.)
struct held_mark {
  explicit held_mark(int& counter) : mark(std::make_unique<frame_mark>(counter)) {}
  held_mark(held_mark&& other) noexcept : mark(std::move(other.mark)) {}
  std::unique_ptr<frame_mark> mark;
};

task set(bool& ran, held_mark) {
  ran = true;
  co_return;
}

TEST_CASE("creating a task runs nothing, and dropping it releases its frame") {
  bool ran = false;
  int alive = 0;
  {
    const task never = set(ran, held_mark(alive));
    REQUIRE(alive == 1);
  }
  REQUIRE(alive == 0);
  REQUIRE(!ran);
}

TEST_CASE("a spawned task runs in run, and its frame is gone when it has ended") {
  bool ran = false;
  int alive = 0;
  coroutine_scheduler_type scheduler(any_options());
  scheduler.spawn(set(ran, held_mark(alive)));
  REQUIRE(!ran);
  REQUIRE(alive == 1);
  scheduler.run();
  REQUIRE(ran);
  REQUIRE(alive == 0);
}

TEST_CASE("a moved task is one task: the last owner releases it") {
  bool ran = false;
  int alive = 0;
  {
    task first = set(ran, held_mark(alive));
    task second = set(ran, held_mark(alive));
    task moved = std::move(first);
    second = std::move(moved);
    REQUIRE(alive >= 1);
  }
  REQUIRE(alive == 0);
}

task child(coroutine_scheduler_type& scheduler, std::vector<int>& trace) {
  trace.push_back(2);
  co_await scheduler.yield();
  trace.push_back(3);
}

task parent(coroutine_scheduler_type& scheduler, std::vector<int>& trace) {
  trace.push_back(1);
  task awaited = child(scheduler, trace);
  co_await std::move(awaited);
  trace.push_back(4);
}

TEST_CASE("an awaited task runs when it is awaited, waits, and its parent goes on after it") {
  coroutine_scheduler_type scheduler(any_options());
  std::vector<int> trace;
  scheduler.spawn(parent(scheduler, trace));
  REQUIRE(scheduler.live().tasks == 1);
  scheduler.run();
  REQUIRE(trace == std::vector<int>{1, 2, 3, 4});
}

task empty_child() {
  co_return;
}

task awaits_many(int& done) {
  for (int i = 0; i < very_many; ++i) {
    task next = empty_child();
    co_await std::move(next);
    ++done;
  }
}

TEST_CASE("a million tasks awaited one after the other need no more stack than one") {
  coroutine_scheduler_type scheduler(any_options());
  int done = 0;
  scheduler.spawn(awaits_many(done));
  scheduler.run();
  REQUIRE(done == very_many);
}

task nests(int depth, int& deepest) {
  deepest = depth;
  if (depth == very_many) co_return;
  task inner = nests(depth + 1, deepest);
  co_await std::move(inner);
}

TEST_CASE("a million tasks awaited one inside the other go in and out without a deep stack") {
  coroutine_scheduler_type scheduler(any_options());
  int deepest = 0;
  scheduler.spawn(nests(1, deepest));
  scheduler.run();
  REQUIRE(deepest == very_many);
}

task yields(coroutine_scheduler_type& scheduler, int& left) {
  while (left-- > 0) co_await scheduler.yield();
}

TEST_CASE("a million yields need no more stack than one") {
  coroutine_scheduler_type scheduler(any_options());
  int left = very_many;
  scheduler.spawn(yields(scheduler, left));
  scheduler.run();
  REQUIRE(left == -1);
}

TEST_CASE("a task may spawn its own successor for ever so long") {
  coroutine_scheduler_type scheduler(any_options());
  struct chain {
    static task link(coroutine_scheduler_type& on, int left) {
      if (left > 0) on.spawn(link(on, left - 1));
      co_return;
    }
  };
  scheduler.spawn(chain::link(scheduler, very_many / 10));
  scheduler.run();
  REQUIRE(scheduler.live().tasks == 0);
}

#ifndef SKEIN_SANITIZED
task note_frame(std::set<const void*>& frames) {
  const char here = 0;
  frames.insert(&here);  // in the frame, not on the stack: it lives across the co_await
  co_await std::suspend_never();
  static_cast<void>(here);
}

TEST_CASE("frames are recycled: tasks that run one after the other share one") {
  coroutine_scheduler_type scheduler(any_options());
  std::set<const void*> frames;
  for (int i = 0; i < 100; ++i) {
    scheduler.spawn(note_frame(frames));
    scheduler.run();
  }
  REQUIRE(frames.size() == 1);
}

TEST_CASE("the frame size told is what the compiler asked for, not what the pool gives") {
  frame_pool pool;
  void* const frame = pool.allocate(393);
  REQUIRE(pool.last_frame_bytes() == 393);
  pool.release(frame, 393);
}

TEST_CASE("the pool reuses the frame released last, by size class") {
  frame_pool pool;
  void* const small = pool.allocate(40);
  void* const large = pool.allocate(400);
  REQUIRE(pool.last_frame_bytes() == 400);
  pool.release(small, 40);
  pool.release(large, 400);
  REQUIRE(pool.allocate(33) == small);
  REQUIRE(pool.allocate(395) == large);
  REQUIRE(frame_pool::class_bytes(33) == 48);
  REQUIRE(frame_pool::class_bytes(48) == 48);
}

TEST_CASE("a burst that has ended in any order leaves the pool as the first one found it") {
  constexpr std::size_t frame_bytes = 128;
  frame_pool pool;
  const auto burst = [&pool] {
    std::vector<void*> frames(30'000);  // of several blocks
    std::ranges::generate(frames, [&pool] { return pool.allocate(frame_bytes); });
    return frames;
  };
  const std::vector<void*> first = burst();
  REQUIRE(std::set<void*>(first.begin(), first.end()).size() == first.size());
  std::vector<void*> ended = first;
  std::ranges::shuffle(ended, std::mt19937(7));
  for (void* frame : ended) pool.release(frame, frame_bytes);
  REQUIRE(burst() == first);
}
#endif

TEST_CASE("frames of all sizes hold what is written into them") {
  frame_pool pool;
  std::vector<std::pair<unsigned char*, std::size_t>> frames;
  for (std::size_t size_bytes = 1; size_bytes < 3000; size_bytes = size_bytes * 5 / 4 + 1) {
    for (int i = 0; i < 20; ++i) {
      auto* frame = static_cast<unsigned char*>(pool.allocate(size_bytes));
      REQUIRE(reinterpret_cast<std::uintptr_t>(frame) % 16 == 0);
      std::fill_n(frame, size_bytes, static_cast<unsigned char>(frames.size()));
      frames.emplace_back(frame, size_bytes);
    }
  }
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const auto [frame, size_bytes] = frames[i];
    const auto wanted = static_cast<unsigned char>(i);
    REQUIRE(std::count(frame, frame + size_bytes, wanted) ==
            static_cast<std::ptrdiff_t>(size_bytes));
    pool.release(frame, size_bytes);
  }
}

task keeps_mark(coroutine_scheduler_type& scheduler, skein::timer& timer, int& alive) {
  const frame_mark mark(alive);
  co_await scheduler.sleep_until(timer, monotonic_clock::now_ns() + 3600 * ns_per_s);
}

task cancels(coroutine_scheduler_type& scheduler, skein::timer& timer) {
  scheduler.cancel(timer);
  co_return;
}

TEST_CASE("a cancelled sleeper's locals are destroyed, through the task that awaits it") {
  coroutine_scheduler_type scheduler(any_options());
  skein::timer timer;
  int alive = 0;
  struct outer {
    static task run(coroutine_scheduler_type& on, skein::timer& sleeps_on, int& count) {
      const frame_mark mark(count);
      task inner = keeps_mark(on, sleeps_on, count);
      co_await std::move(inner);
    }
  };
  scheduler.spawn(outer::run(scheduler, timer, alive));
  scheduler.spawn(cancels(scheduler, timer));
  scheduler.run();
  REQUIRE(alive == 0);
}

}  // namespace
}  // namespace skein
