// The echo server whose reads happen some calls down, in the direct style: a plain call is a level,
// and what is held lies on the stack.
#include <cstdint>
#include <memory>
#include <string_view>

#include "runtimes/all.hpp"
#include "workloads/c10k/nested.hpp"
#include "workloads/c10k/program.hpp"

namespace skein::c10k {
namespace {

template <direct_scheduler S>
[[gnu::noinline]] bytes read_below(S& scheduler, typename S::connection& peer,
                                   std::int64_t levels) {
  const bytes chunk = levels == 0 ? scheduler.read(peer) : read_below(scheduler, peer, levels - 1);
  workloads::not_a_tail_call();
  return chunk;
}

template <std::int64_t Held, direct_scheduler S>
void echo_nested(S& scheduler, typename S::connection& peer, nested_counters<S>& counters) {
  workloads::held_bytes<Held> held;
  const std::int64_t levels = counters.levels_below();
  while (true) {
    held.write();
    const bytes chunk =
        levels == 0 ? scheduler.read(peer) : read_below(scheduler, peer, levels - 1);
    counters.check(held.are_kept());
    if (chunk.empty()) break;
    if (scheduler.write(peer, chunk)) counters.add(chunk.size());
  }
  counters.error(peer.error());
  scheduler.close(peer);
}

template <std::int64_t Held, direct_scheduler S>
void accept_all_nested(S& scheduler, typename S::listener& from, nested_counters<S>& counters) {
  while (auto* peer = scheduler.accept(from)) {
    try {
      scheduler.spawn(
          [&scheduler, peer, &counters] { echo_nested<Held>(scheduler, *peer, counters); });
    } catch (const limit_error& reached) {
      counters.limit(reached);
      scheduler.close(*peer);
      scheduler.stop();
    }
  }
  counters.error(from.error());
}

}  // namespace

template <direct_scheduler S>
void serve(S& scheduler, typename S::listener& from, nested_counters<S>& counters) {
  workloads::with_held_bytes(counters.nested(), [&](auto held) {
    scheduler.spawn([&scheduler, &from, &counters] {
      accept_all_nested<decltype(held)::value>(scheduler, from, counters);
    });
  });
}

std::unique_ptr<workloads::program> make_nested_direct(std::string_view runtime,
                                                       const parameters& asked) {
  return workloads::make_if_taken<all_runtimes>(runtime, [&]<direct_scheduler S>() {
    return std::make_unique<program<S, nested_counters<S>>>(asked);
  });
}

}  // namespace skein::c10k
