// Switching to a task and back, with no scheduler between: the floor below yield.
//
// Measures, per round trip: coroutine: resume and suspend of one hot frame; fcontext: two jumps of
// Boost.Context, to one hot stack and back; fiber: the same with what the runtime adds before each
// jump, a look at the floating-point flags.
// Does not measure: queues, fairness, or a switch to a task whose frame or stack is cold; yield
// with many tasks does that.
// How it may be unfair: branch predictors know the one target; a loop over many tasks does not
// have it that easy, a stackful one least of all. Threads and callbacks have no such step to
// single out: a thread switch goes through the kernel's scheduler (yield/thread), and a callback
// is an indirect call (control/indirect_call).
#include <boost/context/detail/fcontext.hpp>
#include <coroutine>
#include <exception>

#include "harness/micro/bench.hpp"
#include "harness/micro/benchmarks.hpp"
#include "runtimes/fiber/fpu.hpp"
#include "runtimes/stack_arena.hpp"

namespace skein::micro {

namespace {

constexpr int round_trips = 1'000'000;

// --- coroutine ------------------------------------------------------------------------------

/// A coroutine that counts its resumptions, for ever.
struct counting {
  struct promise_type {
    counting get_return_object() noexcept {
      return {std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    std::suspend_always initial_suspend() const noexcept { return {}; }
    std::suspend_always final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { std::terminate(); }
  };
  std::coroutine_handle<promise_type> handle;
};

counting count_resumes(int& resumed) {
  while (true) {
    ++resumed;
    co_await std::suspend_always{};
  }
}

void resume_coroutine(stopwatch& watch) {
  int resumed = 0;
  std::coroutine_handle<> task = count_resumes(resumed).handle;
  while (watch.next_batch(round_trips)) {
    resumed = 0;
    watch.start();
    for (int i = 0; i < round_trips; ++i) {
      benchmark::DoNotOptimize(task);  // keeps the call indirect, as it is in a scheduler
      task.resume();
    }
    watch.stop();
    expect_count("resumes", static_cast<std::size_t>(resumed), round_trips);
  }
  task.destroy();
}

// --- fiber ----------------------------------------------------------------------------------

namespace context = boost::context::detail;

/// The body of a stack that counts the jumps to it, for ever.
template <bool ClearFlags>
void count_jumps(context::transfer_t from) noexcept {
  auto& jumps = *static_cast<int*>(from.data);
  while (true) {
    ++jumps;
    if constexpr (ClearFlags) fiber::clear_sticky_flags();
    from = context::jump_fcontext(from.fctx, nullptr);
  }
}

template <bool ClearFlags>
void switch_stack(stopwatch& watch) {
  fiber::clear_sticky_flags();  // what both stacks then have in common
  stack_arena arena(16 * 1024, 1);
  const stack memory = arena.allocate();
  int jumps = 0;
  context::fcontext_t there =
      context::make_fcontext(memory.top(), memory.size_bytes, &count_jumps<ClearFlags>);
  while (watch.next_batch(round_trips)) {
    jumps = 0;
    watch.start();
    for (int i = 0; i < round_trips; ++i) {
      if constexpr (ClearFlags) fiber::clear_sticky_flags();
      there = context::jump_fcontext(there, &jumps).fctx;
    }
    watch.stop();
    expect_count("jumps", static_cast<std::size_t>(jumps), round_trips);
  }
  arena.release(memory);  // what is on it needs no destruction
}

}  // namespace

void add_switch() {
  add("switch/coroutine", resume_coroutine);
  add("switch/fcontext", switch_stack<false>);
  add("switch/fiber", switch_stack<true>);
}

}  // namespace skein::micro
