// Stackful fibers on an event loop: the direct style of the interface, single-threaded.
//
// A fiber is a stack from the guarded arena with its control block at the top. The control block is
// the fiber's one operation, since a fiber waits for one thing at a time. A verb submits it to the
// loop and, if the answer is pending, switches to the loop's context; the completion switches back.
// The loop is the coroutine runtime's, so the two runtimes differ only in how a task waits.
//
// The way of switching stacks is a parameter: Boost.Context (boost_switch.hpp) makes the runtime
// `fiber`, our own switch (fiber_asm/asm_switch.hpp) makes `fiber_asm`.
//
// A stack costs one touched page only while nothing goes deep. So programs link with -z now (lazy
// binding walks 3 KB of stack), the first throw, which initialises the unwinder, happens on the
// main stack, and the colour (colour.hpp) takes no more than half a page. Two rules for tasks: the
// address of a thread-local must not be kept across a wait, and no wait may happen in a catch
// block.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

#include "runtimes/clock.hpp"
#include "runtimes/fiber/boost_switch.hpp"
#include "runtimes/fiber/colour.hpp"
#include "runtimes/fiber/sanitizer.hpp"
#include "runtimes/fiber/switch.hpp"
#include "runtimes/inbox.hpp"
#include "runtimes/info.hpp"
#include "runtimes/loop/epoll_loop.hpp"
#include "runtimes/loop/info_on.hpp"
#include "runtimes/loop/read_deadline.hpp"
#include "runtimes/loop/timer.hpp"
#include "runtimes/loop/uring_loop.hpp"
#include "runtimes/options.hpp"
#include "runtimes/scheduler.hpp"
#include "runtimes/shared/in_scope.hpp"
#include "runtimes/shared/stack_arena.hpp"
#include "runtimes/sync/types.hpp"

namespace skein::fiber {

/// Throws and catches once per process, so that no fiber pays for the unwinder's first use.
void warm_up_unwinder();

template <class Loop, stack_switch Switch = boost_switch>
class basic_scheduler : public sync::types<Loop> {
 public:
  using scope = sync::scope<Loop>;
  using read_wait = sync::reading<Loop>;
  using connection = typename Loop::connection;
  using listener = typename Loop::listener;
  using timer = skein::timer;

  explicit basic_scheduler(const scheduler_options& options)
      : loop_(options), stacks_(options.stack_bytes * stack_factor, options.max_tasks) {
    loop_place_.owner = this;
    warm_up_unwinder();
  }
  basic_scheduler(const basic_scheduler&) = delete;
  basic_scheduler& operator=(const basic_scheduler&) = delete;

  static runtime_info info() {
    const switch_facts facts = Switch::facts();
    runtime_info about = info_on<basic_scheduler, Loop>(facts.id);
    about.style = "direct";
    about.task = "a guarded stack from one arena";
    about.library = facts.library;
    about.library_version = facts.library_version;
    return about;
  }

  /// `work` is moved onto the new fiber's stack. Throws limit_error (S6).
  template <class Work>
  void spawn(Work&& work);

  template <class Work>
  void spawn(scope& within, Work&& work) {
    spawn_in_scope(*this, within, std::forward<Work>(work));
  }

  /// Any wait of runtimes/sync.
  template <sync::waitable Wait>
  auto until(Wait wait) {
    op& waiter = running();
    wait_unless_done(wait.submit(waiter));
    return wait.take(waiter);
  }
  Loop& loop() noexcept { return loop_; }

  void yield() {
    loop_.post(running());
    suspend();
  }

  wake sleep_until(time_ns deadline_ns) {
    op& sleeper = running();
    sleeper.deadline_ns = deadline_ns;
    wait_unless_done(loop_.submit_sleep(sleeper));
    return sleeper.result == 0 ? wake::due : wake::cancelled;
  }

  wake sleep_until(timer& on, time_ns deadline_ns) {
    assert(on.waiter == nullptr && "a timer carries one wait at a time (T3)");
    on.waiter = &running();
    const wake how = sleep_until(deadline_ns);
    on.waiter = nullptr;
    return how;
  }

  connection* accept(listener& from) {
    op& waiter = running();
    wait_unless_done(loop_.submit_accept(from, waiter));
    return waiter.result < 0 ? nullptr : static_cast<connection*>(waiter.target);
  }

  bytes read(connection& from) {
    op& waiter = running();
    wait_unless_done(loop_.submit_read(from, waiter));
    if (waiter.result <= 0) return {};
    return {loop_.data(from), static_cast<std::size_t>(waiter.result)};
  }

  std::optional<bytes> read(connection& from, time_ns deadline_ns) {
    op& waiter = running();
    if (loop_.submit_read(from, waiter) == submitted::pending) {
      read_deadline<Loop> deadline(deadline_ns);
      deadline.arm(loop_, from);
      suspend();
    }
    if (waiter.result == read_given_up) return std::nullopt;
    if (waiter.result <= 0) return bytes{};
    return bytes{loop_.data(from), static_cast<std::size_t>(waiter.result)};
  }

  bool write(connection& to, bytes data) {
    op& waiter = running();
    wait_unless_done(loop_.submit_write(to, data, waiter));
    return waiter.result == 0;
  }

  listener& listen(int descriptor) { return loop_.listen(descriptor); }
  void close(connection& closed) noexcept { loop_.close(closed); }
  void cancel(connection& target) noexcept { loop_.cancel(target); }
  void cancel(listener& target) noexcept { loop_.cancel(target); }
  void cancel(timer& target) noexcept {
    if (target.waiter != nullptr) loop_.cancel_sleep(*target.waiter);
  }

  void run() {
    run_until(nullptr, [this] { return live().tasks == 0; });
  }
  void run(inbox& messages) {
    run_until(&messages, [this] { return loop_.stopping() && live().tasks == 0; });
  }
  void stop() noexcept { loop_.stop(); }

  live_counts live() const noexcept { return {stacks_.in_use(), loop_.live_connections()}; }
  const stack_arena& stacks() const noexcept { return stacks_; }
  std::optional<guard_kind> stack_guard() const noexcept { return stacks_.guards(); }

 private:
  /// The loop's suspended place. A new fiber gets its address and finds its scheduler through it.
  struct loop_place : Switch {
    basic_scheduler* owner = nullptr;
  };

  /// Lies at the top of the fiber's stack; below it come the work to do and then the frames.
  struct control_block : op {
    control_block(basic_scheduler& scheduler, stack memory) noexcept
        : op(&continue_fiber), owner(&scheduler), own_stack(memory) {}

    basic_scheduler* owner;
    stack own_stack;
    Switch place;
    bool finished = false;
    watched_stack watched = watched_stack::fresh(own_stack.bottom, own_stack.size_bytes);
  };

  template <class Work>
  struct fiber_with : control_block {
    template <class Given>
    fiber_with(basic_scheduler& scheduler, stack memory, Given&& given)
        : control_block(scheduler, memory), work(std::forward<Given>(given)) {}
    Work work;
  };

  static void continue_fiber(op& ready) noexcept {
    auto& fiber = static_cast<control_block&>(ready);
    fiber.owner->resume(fiber);
  }

  template <class Work>
  static void enter(Switch& from) noexcept;

  void resume(control_block& fiber) noexcept;
  void suspend() noexcept;
  [[noreturn]] void leave_for_good(control_block& fiber) noexcept;

  control_block& running() noexcept {
    assert(running_ != nullptr && "a verb that waits was called outside a task");
    return *running_;
  }
  void wait_unless_done(submitted how) noexcept {
    if (how == submitted::pending) suspend();
  }

  template <class Done>
  void run_until(inbox* messages, Done done) {
    loop_stack_ = watched_stack::current_thread();
    loop_.run(messages, [&] {
      Switch::tidy();  // the inbox may calculate on the loop's stack
      return done();
    });
  }

  Loop loop_;
  stack_arena stacks_;
  control_block* running_ = nullptr;
  loop_place loop_place_;
  watched_stack loop_stack_;
};

template <class Loop, stack_switch Switch>
template <class Work>
void basic_scheduler<Loop, Switch>::spawn(Work&& work) {
  using fiber_type = fiber_with<std::decay_t<Work>>;
  const stack memory = stacks_.allocate();
  const auto top = reinterpret_cast<std::uintptr_t>(memory.top()) - colour_bytes(memory);
  // The control block first, then 16-byte aligned frames, as the x86-64 and AArch64 ABIs want.
  const std::uintptr_t block = (top - sizeof(fiber_type)) & ~std::uintptr_t{63};
  fiber_type* fiber = nullptr;
  try {
    fiber =
        ::new (reinterpret_cast<void*>(block)) fiber_type(*this, memory, std::forward<Work>(work));
  } catch (...) {  // work's own copy threw
    stacks_.release(memory);
    throw;
  }
  fiber->place.template prepare<&enter<std::decay_t<Work>>>(
      fiber, block - reinterpret_cast<std::uintptr_t>(memory.bottom));
  loop_.post(*fiber);
}

template <class Loop, stack_switch Switch>
template <class Work>
void basic_scheduler<Loop, Switch>::enter(Switch& from) noexcept {
  basic_scheduler& owner = *static_cast<loop_place&>(from).owner;
  auto& fiber = static_cast<fiber_with<Work>&>(owner.running());
  fiber.watched.arrive_from(owner.loop_stack_);
  fiber.work();
  std::destroy_at(&fiber.work);
  owner.leave_for_good(fiber);
}

template <class Loop, stack_switch Switch>
void basic_scheduler<Loop, Switch>::resume(control_block& fiber) noexcept {
  running_ = &fiber;
  loop_stack_.leave_for(fiber.watched);
  Switch::jump(loop_place_, fiber.place);
  loop_stack_.arrive_from(fiber.watched);
  running_ = nullptr;
  if (!fiber.finished) return;
  fiber.watched.retire();
  stacks_.release(fiber.own_stack);  // frees the control block, too, so it comes last
}

template <class Loop, stack_switch Switch>
void basic_scheduler<Loop, Switch>::suspend() noexcept {
  control_block& self = running();
  Switch::tidy();
  self.watched.leave_for(loop_stack_);
  Switch::jump(self.place, loop_place_);
  self.watched.arrive_from(loop_stack_);
}

template <class Loop, stack_switch Switch>
void basic_scheduler<Loop, Switch>::leave_for_good(control_block& fiber) noexcept {
  fiber.finished = true;
  Switch::tidy();
  fiber.watched.leave_for(loop_stack_, true);
  Switch::jump(fiber.place, loop_place_);
  __builtin_unreachable();
}

using scheduler = basic_scheduler<epoll_loop>;
using uring_scheduler = basic_scheduler<uring_loop>;

static_assert(direct_scheduler<scheduler> && read_deadline_scheduler<scheduler>);
static_assert(direct_scheduler<uring_scheduler> && read_deadline_scheduler<uring_scheduler>);

}  // namespace skein::fiber
