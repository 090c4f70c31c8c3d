// Sleepers that wait some calls down, in the direct style: a plain call is a level, and what is
// held lies on the stack.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "runtimes/all.hpp"
#include "workloads/timers/nested.hpp"
#include "workloads/timers/program.hpp"

namespace skein::timers {
namespace {

template <direct_scheduler S>
[[gnu::noinline]] wake sleep_below(S& scheduler, time_ns due_ns, std::int64_t levels) {
  const wake how =
      levels == 0 ? scheduler.sleep_until(due_ns) : sleep_below(scheduler, due_ns, levels - 1);
  workloads::not_a_tail_call();
  return how;
}

template <std::int64_t Held, direct_scheduler S>
void sleep_nested(S& scheduler, nested_sleepers<S>& context, std::size_t index) {
  workloads::held_bytes<Held> held;
  held.write();
  const std::int64_t levels = context.levels_below();
  const wake how = levels == 0 ? scheduler.sleep_until(context.due_ns(index))
                               : sleep_below(scheduler, context.due_ns(index), levels - 1);
  const time_ns now_ns = monotonic_clock::now_ns();
  context.woke(index, now_ns, how, held.are_kept());
}

template <std::int64_t Held, direct_scheduler S>
void spawn_nested(S& scheduler, nested_sleepers<S>& context, std::size_t index) {
  scheduler.spawn([&scheduler, &context, index] { sleep_nested<Held>(scheduler, context, index); });
}

}  // namespace

template <direct_scheduler S>
nested_spawn<S> nested_spawn_for(const workloads::nesting& asked) {
  nested_spawn<S> chosen = nullptr;
  workloads::with_held_bytes(asked,
                             [&](auto held) { chosen = &spawn_nested<decltype(held)::value, S>; });
  return chosen;
}

std::unique_ptr<workloads::program> make_nested_direct(std::string_view runtime,
                                                       const parameters& asked) {
  return workloads::make_if_taken<all_runtimes>(runtime, [&]<direct_scheduler S>() {
    return std::make_unique<program<S, nested_sleepers<S>>>(asked);
  });
}

}  // namespace skein::timers
