// The future runtime's own risk with futures that are dropped while they wait: what is queued for
// them, and what they had in memory. What every runtime promises is in tests/contract.
#include <cstddef>
#include <malloc.h>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "runtimes/future/combinators.hpp"
#include "runtimes/future/scheduler.hpp"
#include "runtimes/shared/frame_pool.hpp"
#include "tests/catch.hpp"
#include "tests/options.hpp"

namespace skein {
namespace {

using future::scheduler;
using test::from_now;
using test::options_for;

constexpr std::size_t many = 100'000;

/// What this thread's tasks, and everybody in the heap, have taken and not given back. Sanitizers
/// have neither: they say themselves what is left.
struct memory_in_use {
  std::size_t frames = frame_pool::local().frames_in_use();
  std::size_t heap_bytes = ::mallinfo2().uordblks + ::mallinfo2().hblkhd;
};

/// Less than one byte for each of `many`.
constexpr std::size_t trifle_bytes = 64 * 1024;

/// So many sleeps, all begun at its first poll and dropped at its second.
class drops_many : pinned {
 public:
  using output = nothing;

  drops_many(scheduler& on, std::size_t count)
      : on_(on), count_(count), pause_(on, from_now(ns_per_ms)) {}

  polled<nothing> poll(context& with) {
    while (sleeps_.size() < count_) {
      auto& begun = *sleeps_.emplace_back(std::make_unique<scheduler::sleeping>(
          on_, from_now(test::far_away_ns + static_cast<time_ns>(sleeps_.size()))));
      if (begun.poll(with)) return nothing{};
    }
    if (!pause_.poll(with)) return not_ready;
    sleeps_.clear();
    return nothing{};
  }

 private:
  scheduler& on_;
  std::size_t count_;
  scheduler::sleeping pause_;
  std::vector<std::unique_ptr<scheduler::sleeping>> sleeps_;
};

TEST_CASE("100,000 pending futures are dropped: each is withdrawn, and their memory is back") {
  scheduler on(options_for(10));
  on.spawn<drops_many>(on, std::size_t{1});
  on.run();
  const memory_in_use before;
  on.spawn<drops_many>(on, many);
  on.run();  // the loop asserts at its end that no timer is left
  const memory_in_use after;
  REQUIRE(on.live().tasks == 0);
  REQUIRE(after.frames == before.frames);
  REQUIRE(after.heap_bytes <= before.heap_bytes + trifle_bytes);
}

TEST_CASE("100,000 tasks drop what they waited for and end: their memory is back in the pool") {
  scheduler on(options_for(many));
  const auto late = [&on] { return scheduler::sleeping(on, from_now(test::far_away_ns)); };
  const auto soon = [&on] { return scheduler::yielding(on); };
  using giving_up = future::select<decltype(late), decltype(soon)>;
  on.spawn<giving_up>(late, soon);
  on.run();
  const memory_in_use before;
  for (std::size_t i = 0; i < many; ++i) on.spawn<giving_up>(late, soon);
#ifndef SKEIN_SANITIZED
  REQUIRE(frame_pool::local().frames_in_use() == before.frames + many);
#endif
  on.run();
  const memory_in_use after;
  REQUIRE(after.frames == before.frames);
  REQUIRE(after.heap_bytes <= before.heap_bytes + trifle_bytes);
}

class cancels_and_drops : pinned {
 public:
  using output = nothing;
  cancels_and_drops(scheduler& on, scheduler::timer& by,
                    std::optional<scheduler::sleeping_on>& sleep, int& polls)
      : on_(on), by_(by), sleep_(sleep), polls_(polls), pause_(on, from_now(2 * ns_per_ms)) {}
  polled<nothing> poll(context& with) {
    ++polls_;
    if (sleep_) {
      if (sleep_->poll(with)) return nothing{};
      on_.cancel(by_);  // its operation is in the run queue now
      sleep_.reset();
    }
    if (!pause_.poll(with)) return not_ready;
    return nothing{};
  }

 private:
  scheduler& on_;
  scheduler::timer& by_;
  std::optional<scheduler::sleeping_on>& sleep_;
  int& polls_;
  scheduler::sleeping pause_;
};

TEST_CASE("what is dropped while its completion is queued completes no more") {
  scheduler on(options_for(10));
  scheduler::timer by;
  std::optional<scheduler::sleeping_on> sleep(std::in_place, on, by, from_now(test::far_away_ns));
  int polls = 0;
  on.spawn<cancels_and_drops>(on, by, sleep, polls);
  on.run();
  REQUIRE(polls == 2);
  REQUIRE(by.waiter == nullptr);
}

}  // namespace
}  // namespace skein
