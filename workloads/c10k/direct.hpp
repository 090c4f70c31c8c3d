// The echo server in the direct style, for threads and fibers: a verb returns when it is done.
#pragma once

#include "runtimes/errors.hpp"
#include "runtimes/scheduler.hpp"

namespace skein::c10k {

template <direct_scheduler S, class Counters>
void echo(S& scheduler, typename S::connection& peer, Counters& counters) {
  for (bytes chunk = scheduler.read(peer); !chunk.empty(); chunk = scheduler.read(peer)) {
    if (scheduler.write(peer, chunk)) counters.add(chunk.size());
  }
  counters.error(peer.error());
  scheduler.close(peer);
}

template <direct_scheduler S, class Counters>
void accept_all(S& scheduler, typename S::listener& from, Counters& counters) {
  while (auto* peer = scheduler.accept(from)) {
    try {
      scheduler.spawn([&scheduler, peer, &counters] { echo(scheduler, *peer, counters); });
    } catch (const limit_error& reached) {
      counters.limit(reached);
      scheduler.close(*peer);
      scheduler.stop();
    }
  }
  counters.error(from.error());
}

/// Echoes on every connection of `from` until `from` is cancelled or the scheduler stops.
/// `counters` must outlive the run.
template <direct_scheduler S, class Counters>
void serve(S& scheduler, typename S::listener& from, Counters& counters) {
  scheduler.spawn([&scheduler, &from, &counters] { accept_all(scheduler, from, counters); });
}

}  // namespace skein::c10k
