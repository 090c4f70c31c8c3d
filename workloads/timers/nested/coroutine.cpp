// Sleepers that wait some calls down, in the coroutine style: a child task is a level, with a frame
// of its own, and what is held lies in the outermost frame.
//
// The level that sleeps and those above it are two functions, because g++ gives every co_await in
// the text a slot in the frame.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "runtimes/all.hpp"
#include "workloads/timers/nested.hpp"
#include "workloads/timers/program.hpp"

namespace skein::timers {
namespace {

template <coroutine_scheduler S>
typename S::task sleep_here(S& scheduler, time_ns due_ns, wake& how) {
  how = co_await scheduler.sleep_until(due_ns);
}

template <coroutine_scheduler S>
typename S::task sleep_below(S& scheduler, time_ns due_ns, wake& how, std::int64_t levels);

/// The task of the next level.
template <coroutine_scheduler S>
typename S::task next_level(S& scheduler, time_ns due_ns, wake& how, std::int64_t levels) {
  if (levels == 1) return sleep_here(scheduler, due_ns, how);
  return sleep_below(scheduler, due_ns, how, levels - 1);
}

template <coroutine_scheduler S>
typename S::task sleep_below(S& scheduler, time_ns due_ns, wake& how, std::int64_t levels) {
  co_await next_level(scheduler, due_ns, how, levels);
}

/// `Below`: whether there are levels.
template <std::int64_t Held, bool Below, coroutine_scheduler S>
typename S::task sleep_nested(S& scheduler, nested_sleepers<S>& context, std::size_t index) {
  workloads::held_bytes<Held> held;
  held.write();
  wake how{};
  if constexpr (Below) {
    co_await next_level(scheduler, context.due_ns(index), how, context.levels_below());
  } else {
    how = co_await scheduler.sleep_until(context.due_ns(index));
  }
  const time_ns now_ns = monotonic_clock::now_ns();
  context.woke(index, now_ns, how, held.are_kept());
}

template <std::int64_t Held, bool Below, coroutine_scheduler S>
void spawn_nested(S& scheduler, nested_sleepers<S>& context, std::size_t index) {
  scheduler.spawn(sleep_nested<Held, Below>(scheduler, context, index));
}

}  // namespace

template <coroutine_scheduler S>
nested_spawn<S> nested_spawn_for(const workloads::nesting& asked) {
  nested_spawn<S> chosen = nullptr;
  workloads::with_held_bytes(asked, [&](auto held) {
    chosen = asked.depth == 1 ? &spawn_nested<decltype(held)::value, false, S>
                              : &spawn_nested<decltype(held)::value, true, S>;
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
