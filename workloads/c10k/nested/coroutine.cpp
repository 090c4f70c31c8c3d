// The echo server whose reads happen some calls down, in the coroutine style: a child task is a
// level, with a frame of its own, and what is held lies in the outermost frame.
//
// The level that reads and those above it are two functions, because g++ gives every co_await in
// the text a slot in the frame.
#include <cstdint>
#include <memory>
#include <string_view>

#include "runtimes/all.hpp"
#include "workloads/c10k/nested.hpp"
#include "workloads/c10k/program.hpp"

namespace skein::c10k {
namespace {

template <coroutine_scheduler S>
typename S::task read_here(S& scheduler, typename S::connection& peer, bytes& chunk) {
  chunk = co_await scheduler.read(peer);
}

template <coroutine_scheduler S>
typename S::task read_below(S& scheduler, typename S::connection& peer, bytes& chunk,
                            std::int64_t levels);

/// The task of the next level.
template <coroutine_scheduler S>
typename S::task next_level(S& scheduler, typename S::connection& peer, bytes& chunk,
                            std::int64_t levels) {
  if (levels == 1) return read_here(scheduler, peer, chunk);
  return read_below(scheduler, peer, chunk, levels - 1);
}

template <coroutine_scheduler S>
typename S::task read_below(S& scheduler, typename S::connection& peer, bytes& chunk,
                            std::int64_t levels) {
  co_await next_level(scheduler, peer, chunk, levels);
}

/// `Below`: whether there are levels.
template <std::int64_t Held, bool Below, coroutine_scheduler S>
typename S::task echo_nested(S& scheduler, typename S::connection& peer,
                             nested_counters<S>& counters) {
  workloads::held_bytes<Held> held;
  bytes chunk;
  while (true) {
    held.write();
    if constexpr (Below) {
      co_await next_level(scheduler, peer, chunk, counters.levels_below());
    } else {
      chunk = co_await scheduler.read(peer);
    }
    counters.check(held.are_kept());
    if (chunk.empty()) break;
    if (co_await scheduler.write(peer, chunk)) counters.add(chunk.size());
  }
  counters.error(peer.error());
  scheduler.close(peer);
}

template <std::int64_t Held, bool Below, coroutine_scheduler S>
typename S::task accept_all_nested(S& scheduler, typename S::listener& from,
                                   nested_counters<S>& counters) {
  while (auto* peer = co_await scheduler.accept(from)) {
    scheduler.spawn(echo_nested<Held, Below>(scheduler, *peer, counters));
  }
  counters.error(from.error());
}

}  // namespace

template <coroutine_scheduler S>
void serve(S& scheduler, typename S::listener& from, nested_counters<S>& counters) {
  workloads::with_held_bytes(counters.nested(), [&](auto held) {
    constexpr std::int64_t size = decltype(held)::value;
    scheduler.spawn(counters.levels_below() == 0
                        ? accept_all_nested<size, false>(scheduler, from, counters)
                        : accept_all_nested<size, true>(scheduler, from, counters));
  });
}

std::unique_ptr<workloads::program> make_nested_coroutine(std::string_view runtime,
                                                          const parameters& asked) {
  return workloads::make_if_taken<all_runtimes>(runtime, [&]<coroutine_scheduler S>() {
    return std::make_unique<program<S, nested_counters<S>>>(asked);
  });
}

}  // namespace skein::c10k
