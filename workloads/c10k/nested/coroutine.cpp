// The echo server whose reads happen some calls down, in the coroutine style: a child task is a
// level, with a frame of its own, and what is held lies in the outermost frame.
//
// Of its own a level's frame holds one reference. Which level it is on is in its type, and what it
// waits for lies in the outermost frame.
#include <cstdint>
#include <memory>
#include <string_view>

#include "runtimes/all.hpp"
#include "workloads/c10k/nested.hpp"
#include "workloads/c10k/program.hpp"

namespace skein::c10k {

/// What a task reads. Not of the anonymous namespace: g++ warns of a frame that refers to one
/// there.
template <coroutine_scheduler S>
struct read_of {
  S& scheduler;
  typename S::connection& peer;
  bytes& chunk;
};

namespace {

/// A level with so many below it, of which the last reads.
template <std::int64_t Below, coroutine_scheduler S>
typename S::task read_down(read_of<S>& read) {
  if constexpr (Below == 0) {
    read.chunk = co_await read.scheduler.read(read.peer);
  } else {
    co_await read_down<Below - 1>(read);
  }
}

template <std::int64_t Depth, std::int64_t Held, coroutine_scheduler S>
typename S::task echo_nested(S& scheduler, typename S::connection& peer,
                             nested_counters<S>& counters) {
  workloads::held_bytes<Held> held;
  bytes chunk;
  while (true) {
    held.write();
    if constexpr (Depth == 1) {
      chunk = co_await scheduler.read(peer);
    } else {
      read_of<S> read{scheduler, peer, chunk};
      co_await read_down<Depth - 2>(read);
    }
    counters.check(held.are_kept());
    if (chunk.empty()) break;
    if (co_await scheduler.write(peer, chunk)) counters.add(chunk.size());
  }
  counters.error(peer.error());
  scheduler.close(peer);
}

template <std::int64_t Depth, std::int64_t Held, coroutine_scheduler S>
typename S::task accept_all_nested(S& scheduler, typename S::listener& from,
                                   nested_counters<S>& counters) {
  while (auto* peer = co_await scheduler.accept(from)) {
    scheduler.spawn(echo_nested<Depth, Held>(scheduler, *peer, counters));
  }
  counters.error(from.error());
}

}  // namespace

template <coroutine_scheduler S>
void serve(S& scheduler, typename S::listener& from, nested_counters<S>& counters) {
  workloads::with_nesting(counters.nested(), [&](auto depth, auto held) {
    scheduler.spawn(accept_all_nested<decltype(depth)::value, decltype(held)::value>(
        scheduler, from, counters));
  });
}

std::unique_ptr<workloads::program> make_nested_coroutine(std::string_view runtime,
                                                          const parameters& asked) {
  return workloads::make_if_taken<all_runtimes>(runtime, [&]<coroutine_scheduler S>() {
    return std::make_unique<program<S, nested_counters<S>>>(asked);
  });
}

}  // namespace skein::c10k
