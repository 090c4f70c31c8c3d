// Waking a task that waits some calls down: a nested future, a child task that is awaited, a plain
// call on a stack. One task yields, over and over, at a depth of 1, 4, 16 and 64.
//
// Measures, per wake: the task is put into the queue and continued where it waits. A coroutine is
// resumed at the leaf, and a fiber on its stack: both should be flat. A future is polled from the
// root, once through each level: it should rise by the same for each.
// Does not measure: making or ending the levels, which happens outside the watch.
// How it may be unfair:
//  - Levels of a future are functions that may not be inlined, with a state to look at, as the
//    compiler of Rust leaves those of an async function that is not small. Inlined they would cost
//    less, at the price of code.
//  - A task that wakes itself takes each runtime's shortest way. What wakes it otherwise, an
//    operation that has completed, costs a future a turn of its own as well (timer_expire/).
//  - The other levels do nothing but wait. What a level does when it returns is the same for all,
//    and is not measured.
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>

#include "harness/micro/bench.hpp"
#include "harness/micro/benchmarks.hpp"
#include "harness/micro/conditions.hpp"
#include "harness/micro/subjects.hpp"
#include "harness/micro/timed_yields.hpp"

namespace skein::micro {

namespace {

// --- coroutine ------------------------------------------------------------------------------

template <coroutine_scheduler S>
typename S::task wait_down(S& on, timed_yields& all, std::size_t depth);

template <coroutine_scheduler S>
typename S::task level(S& on, timed_yields& all, std::size_t depth) {
  co_await wait_down(on, all, depth - 1);
}

template <coroutine_scheduler S>
typename S::task wait_down(S& on, timed_yields& all, std::size_t depth) {
  return depth > 1 ? level(on, all, depth) : yield_timed(on, all);
}

template <std::size_t Depth, coroutine_scheduler S>
void spawn_waiting(S& on, timed_yields& all) {
  on.spawn(wait_down(on, all, Depth));
}

// --- direct ---------------------------------------------------------------------------------

template <direct_scheduler S>
[[gnu::noinline]] void call_down(S& on, timed_yields& all, std::size_t depth) {
  if (depth == 1) return yield_timed(on, all);
  call_down(on, all, depth - 1);
  asm volatile("" ::: "memory");  // no tail call: each level has a frame
}

template <std::size_t Depth, direct_scheduler S>
void spawn_waiting(S& on, timed_yields& all) {
  on.spawn([&on, &all] { call_down(on, all, Depth); });
}

// --- poll -----------------------------------------------------------------------------------

template <poll_scheduler S, std::size_t Depth>
class nested {
 public:
  using output = nothing;

  nested(S& on, timed_yields& all) : inner_(std::in_place_type<nested<S, Depth - 1>>, on, all) {}

  [[gnu::noinline]] polled<nothing> poll(context& with) {
    auto* const awaited = std::get_if<nested<S, Depth - 1>>(&inner_);
    if (awaited == nullptr) return nothing{};
    if (!awaited->poll(with)) return not_ready;
    inner_.template emplace<std::monostate>();
    return nothing{};
  }

 private:
  std::variant<std::monostate, nested<S, Depth - 1>> inner_;
};

template <poll_scheduler S>
class nested<S, 1> : public yields_future<S> {
 public:
  using yields_future<S>::yields_future;

  [[gnu::noinline]] polled<nothing> poll(context& with) { return yields_future<S>::poll(with); }
};

template <std::size_t Depth, poll_scheduler S>
void spawn_waiting(S& on, timed_yields& all) {
  on.template spawn<nested<S, Depth>>(on, all);
}

// --- rows -----------------------------------------------------------------------------------

constexpr std::size_t wakes = 100'000;

template <class S, std::size_t Depth>
void add_row(const std::string& runtime) {
  add("depth/" + runtime + "/" + std::to_string(Depth), [](stopwatch& watch) {
    S on(conditions(16));
    while (watch.next_batch(static_cast<std::int64_t>(wakes))) {
      timed_yields all{watch, wakes};
      spawn_waiting<Depth>(on, all);
      on.run();
      expect_count("tasks finished", all.finished, 1);
    }
  });
}

template <class S>
void add_rows(const std::string& runtime) {
  if constexpr (!callback_scheduler<S>) {
    add_row<S, 1>(runtime);
    add_row<S, 4>(runtime);
    add_row<S, 16>(runtime);
    add_row<S, 64>(runtime);
  }
}

}  // namespace

void add_depth() {
  for_each_single_threaded([]<class S>(const std::string& id) { add_rows<S>(id); });
}

}  // namespace skein::micro
