// Switching to a task and back, without a scheduler: the floor below yield.
//
// Measures, per round trip:
//  - coroutine: resume and suspend of one hot frame
//  - fcontext: two jumps of Boost.Context, to one hot stack and back
//  - fiber: the same, with what the runtime adds before a task's jump: a look at the floating-point
//    flags
//  - fiber_asm: two of our own jumps
//  - `..._after_float`: the same after the task did one inexact floating-point operation. Where the
//    sticky flag that this sets stays in one of the two contexts, every later jump is slow.
// Does not measure: queues, fairness, or a switch to a task whose frame or stack is cold; yield
// with many tasks does that.
// How it may be unfair: branch predictors know the one target. A loop over many tasks has it
// harder, a stackful one most of all. Threads and callbacks have no such step to isolate: a thread
// switch goes through the kernel's scheduler (yield/thread), and a callback is an indirect call
// (control/indirect_call).
#include <boost/context/detail/fcontext.hpp>
#include <coroutine>
#include <cstddef>
#include <string>

#include "harness/micro/bench.hpp"
#include "harness/micro/benchmarks.hpp"
#include "harness/micro/counting_coroutine.hpp"
#include "runtimes/fiber/boost_switch.hpp"
#include "runtimes/fiber/fpu.hpp"
#include "runtimes/fiber_asm/asm_switch.hpp"
#include "runtimes/shared/stack_arena.hpp"

namespace skein::micro {

namespace {

namespace context = boost::context::detail;

constexpr int round_trips = 1'000'000;

// --- coroutine ------------------------------------------------------------------------------

void resume_coroutine(stopwatch& watch) {
  std::size_t resumed = 0;
  std::coroutine_handle<> task = count_resumes(resumed).handle;
  while (watch.next_batch(round_trips)) {
    resumed = 0;
    watch.start();
    for (int i = 0; i < round_trips; ++i) {
      benchmark::DoNotOptimize(task);  // keeps the call indirect, as it is in a scheduler
      task.resume();
    }
    watch.stop();
    expect_count("resumes", resumed, round_trips);
  }
  task.destroy();
}

// --- stacks ---------------------------------------------------------------------------------

/// A stack that is jumped to counts jumps, forever; what it must do before the first is set here.
struct jumps_there {
  int jumps = 0;
  bool float_first = false;

  void count() noexcept {
    ++jumps;
    if (!float_first) return;
    float_first = false;
    volatile double third = 1.0;
    third = third / 3.0;  // inexact: sets a sticky flag
  }
};

/// Two stacks and what they share.
template <class Switch>
struct stack_pair {
  struct home_place : Switch {
    stack_pair* pair = nullptr;
  };
  home_place home;
  Switch there;
  jumps_there task;

  static void enter(Switch& from) noexcept {
    stack_pair& pair = *static_cast<home_place&>(from).pair;
    while (true) {
      pair.task.count();
      Switch::tidy();
      Switch::jump(pair.there, pair.home);
    }
  }
};

/// fcontext as it is, without the runtime's handling of the floating-point flags.
class bare_fcontext {
 public:
  static fiber::switch_facts facts() noexcept { return {"fcontext", "Boost.Context", ""}; }

  template <void (*Enter)(bare_fcontext&) noexcept>
  void prepare(void* top, std::size_t size_bytes) noexcept {
    where_ = context::make_fcontext(top, size_bytes, &begin<Enter>);
  }
  static void tidy() noexcept {}
  static void jump(bare_fcontext& from, bare_fcontext& to) noexcept {
    arrive(context::jump_fcontext(to.where_, &from));
  }

 private:
  static void arrive(context::transfer_t back) noexcept {
    static_cast<bare_fcontext*>(back.data)->where_ = back.fctx;
  }
  template <void (*Enter)(bare_fcontext&) noexcept>
  static void begin(context::transfer_t from) noexcept {
    arrive(from);
    Enter(*static_cast<bare_fcontext*>(from.data));
  }
  context::fcontext_t where_ = nullptr;
};

template <class Switch, bool AfterFloat>
void switch_stack(stopwatch& watch) {
  fiber::clear_sticky_flags();  // so that both stacks begin with the same flags
  stack_arena arena(16 * 1024, 1);
  const stack memory = arena.allocate();
  stack_pair<Switch> pair;
  pair.home.pair = &pair;
  pair.there.template prepare<&stack_pair<Switch>::enter>(memory.top(), memory.size_bytes);
  while (watch.next_batch(round_trips)) {
    pair.task = {0, AfterFloat};
    watch.start();
    fiber::clear_sticky_flags();  // the watch calculates and may set flags
    for (int i = 0; i < round_trips; ++i) Switch::jump(pair.home, pair.there);
    watch.stop();
    expect_count("jumps", static_cast<std::size_t>(pair.task.jumps), round_trips);
  }
  arena.release(memory);  // nothing on it needs destruction
}

template <class Switch>
void add_stack_rows() {
  const auto row = "switch/" + std::string(Switch::facts().id);
  add(row, switch_stack<Switch, false>);
  add(row + "_after_float", switch_stack<Switch, true>);
}

}  // namespace

void add_switch() {
  add("switch/coroutine", resume_coroutine);
  add_stack_rows<bare_fcontext>();
  add_stack_rows<fiber::boost_switch>();
#if defined(__x86_64__)
  add_stack_rows<fiber_asm::asm_switch>();
#endif
}

}  // namespace skein::micro
