// The echo server in the coroutine style: the direct one with co_await before every call that may
// wait.
//
// One await per verb, in a plain loop. g++ gives every co_await in the text a slot of its own in
// the frame; the for-loop of the direct style reads in two places and would cost 24 bytes more per
// connection.
#pragma once

#include "runtimes/scheduler.hpp"

namespace skein::c10k {

template <coroutine_scheduler S, class Counters>
typename S::task echo(S& scheduler, typename S::connection& peer, Counters& counters) {
  while (true) {
    const bytes chunk = co_await scheduler.read(peer);
    if (chunk.empty()) break;
    if (co_await scheduler.write(peer, chunk)) counters.add(chunk.size());
  }
  counters.error(peer.error());
  scheduler.close(peer);
}

template <coroutine_scheduler S, class Counters>
typename S::task accept_all(S& scheduler, typename S::listener& from, Counters& counters) {
  while (auto* peer = co_await scheduler.accept(from)) {
    scheduler.spawn(echo(scheduler, *peer, counters));
  }
  counters.error(from.error());
}

/// Echoes on every connection of `from` until `from` is cancelled or the scheduler stops.
/// `counters` must outlive the run.
template <coroutine_scheduler S, class Counters>
void serve(S& scheduler, typename S::listener& from, Counters& counters) {
  scheduler.spawn(accept_all(scheduler, from, counters));
}

}  // namespace skein::c10k
