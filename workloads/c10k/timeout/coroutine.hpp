// A connection whose reads have a deadline, in the coroutine style.
#pragma once

#include "runtimes/scheduler.hpp"
#include "workloads/c10k/timeout/counters.hpp"

namespace skein::c10k {

/// In place of coroutine.hpp's.
template <coroutine_scheduler S, workloads::tasks_on Threads>
typename S::task echo(S& scheduler, typename S::connection& peer,
                      timeout_counters<Threads>& counters) {
  while (true) {
    const auto chunk = co_await scheduler.read(peer, counters.read_until_ns());
    if (!chunk) counters.timed_out();
    if (!chunk || chunk->empty()) break;
    if (co_await scheduler.write(peer, *chunk)) counters.add(chunk->size());
  }
  counters.error(peer.error());
  scheduler.close(peer);
}

}  // namespace skein::c10k
