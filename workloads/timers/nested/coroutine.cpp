// Sleepers that wait some calls down, in the coroutine style: a child task is a level, with a frame
// of its own, and what is held lies in the outermost frame.
//
// Of its own a level's frame holds one reference. Which level it is on is in its type, and what it
// waits for lies in the outermost frame.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "runtimes/all.hpp"
#include "workloads/timers/nested.hpp"
#include "workloads/timers/program.hpp"

namespace skein::timers {

/// What a task sleeps for. Not of the anonymous namespace: g++ warns of a frame that refers to one
/// there.
template <coroutine_scheduler S>
struct sleep_of {
  S& scheduler;
  time_ns due_ns;
  wake& how;
};

namespace {

/// A level with so many below it, of which the last sleeps.
template <std::int64_t Below, coroutine_scheduler S>
typename S::task sleep_down(sleep_of<S>& sleep) {
  if constexpr (Below == 0) {
    sleep.how = co_await sleep.scheduler.sleep_until(sleep.due_ns);
  } else {
    co_await sleep_down<Below - 1>(sleep);
  }
}

template <std::int64_t Depth, std::int64_t Held, coroutine_scheduler S>
typename S::task sleep_nested(S& scheduler, nested_sleepers<S>& context, std::size_t index) {
  workloads::held_bytes<Held> held;
  held.write();
  wake how{};
  if constexpr (Depth == 1) {
    how = co_await scheduler.sleep_until(context.due_ns(index));
  } else {
    sleep_of<S> sleep{scheduler, context.due_ns(index), how};
    co_await sleep_down<Depth - 2>(sleep);
  }
  const time_ns now_ns = monotonic_clock::now_ns();
  context.woke(index, now_ns, how, held.are_kept());
}

template <std::int64_t Depth, std::int64_t Held, coroutine_scheduler S>
void spawn_nested(S& scheduler, nested_sleepers<S>& context, std::size_t index) {
  scheduler.spawn(sleep_nested<Depth, Held>(scheduler, context, index));
}

}  // namespace

template <coroutine_scheduler S>
nested_spawn<S> nested_spawn_for(const workloads::nesting& asked) {
  nested_spawn<S> chosen = nullptr;
  workloads::with_nesting(asked, [&](auto depth, auto held) {
    chosen = &spawn_nested<decltype(depth)::value, decltype(held)::value, S>;
  });
  return chosen;
}

std::unique_ptr<workloads::program> make_nested_coroutine(std::string_view runtime,
                                                          const parameters& asked) {
  return workloads::make_if_taken<all_runtimes>(runtime, [&]<coroutine_scheduler S>() {
    return std::make_unique<program<S, nested_sleepers<S>>>(asked);
  });
}

}  // namespace skein::timers
