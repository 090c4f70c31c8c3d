// Switching between many tasks without a scheduler: the effect of the caches on 1, 1,000 and
// 100,000 frames and stacks that are visited in turn.
//
// Measures, per round trip:
//  - coroutine: resume and suspend of the next of n frames, in the order in which they were made
//  - fcontext: two jumps of Boost.Context, to the next of n stacks from one guarded arena and back
// Does not measure: queues and fairness (yield with as many tasks does), or a random order.
// How it may be unfair: frames are neighbours, so the hardware prefetches them. Stacks are pages
// apart, so it cannot, and their tops may fall into the same cache sets. A task in use touches more
// of its frame or stack than these do.
#include <boost/context/detail/fcontext.hpp>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "harness/micro/bench.hpp"
#include "harness/micro/benchmarks.hpp"
#include "harness/micro/counting_coroutine.hpp"
#include "runtimes/fiber/fpu.hpp"
#include "runtimes/shared/stack_arena.hpp"

namespace skein::micro {

namespace {

constexpr std::size_t round_trips_at_least = 200'000;

std::size_t rounds_for(std::size_t tasks) {
  return (round_trips_at_least + tasks - 1) / tasks;
}

// --- coroutine ------------------------------------------------------------------------------

void resume_many(stopwatch& watch, std::size_t count) {
  std::size_t resumed = 0;
  std::vector<std::coroutine_handle<>> tasks;
  for (std::size_t i = 0; i < count; ++i) tasks.push_back(count_resumes(resumed).handle);
  const std::size_t rounds = rounds_for(count);
  while (watch.next_batch(static_cast<std::int64_t>(rounds * count))) {
    resumed = 0;
    watch.start();
    for (std::size_t round = 0; round < rounds; ++round) {
      for (const std::coroutine_handle<> each : tasks) each.resume();
    }
    watch.stop();
    expect_count("resumes", resumed, rounds * count);
  }
  for (const std::coroutine_handle<> each : tasks) each.destroy();
}

// --- stacks ---------------------------------------------------------------------------------

namespace context = boost::context::detail;

void count_jumps(context::transfer_t from) noexcept {
  auto& jumps = *static_cast<std::size_t*>(from.data);
  while (true) {
    ++jumps;
    from = context::jump_fcontext(from.fctx, nullptr);
  }
}

void jump_many(stopwatch& watch, std::size_t count) {
  fiber::clear_sticky_flags();  // so that all stacks begin with the same flags
  stack_arena arena(16 * 1024, count);
  std::vector<stack> stacks;
  std::vector<context::fcontext_t> tasks;
  for (std::size_t i = 0; i < count; ++i) {
    stacks.push_back(arena.allocate());
    tasks.push_back(
        context::make_fcontext(stacks.back().top(), stacks.back().size_bytes, &count_jumps));
  }
  const std::size_t rounds = rounds_for(count);
  std::size_t jumps = 0;
  while (watch.next_batch(static_cast<std::int64_t>(rounds * count))) {
    jumps = 0;
    watch.start();
    for (std::size_t round = 0; round < rounds; ++round) {
      for (context::fcontext_t& each : tasks) each = context::jump_fcontext(each, &jumps).fctx;
    }
    watch.stop();
    expect_count("jumps", jumps, rounds * count);
  }
  for (const stack& each : stacks) arena.release(each);  // nothing on them needs destruction
}

}  // namespace

void add_switch_many() {
  for (const std::size_t count : {std::size_t{1}, std::size_t{1'000}, std::size_t{100'000}}) {
    const std::string n = std::to_string(count);
    add("switch_many/coroutine/" + n, [count](stopwatch& watch) { resume_many(watch, count); });
    add("switch_many/fcontext/" + n, [count](stopwatch& watch) { jump_many(watch, count); });
  }
}

}  // namespace skein::micro
