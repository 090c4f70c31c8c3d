// A connection whose reads have a deadline, in the direct style.
#pragma once

#include "runtimes/scheduler.hpp"
#include "workloads/c10k/timeout/counters.hpp"

namespace skein::c10k {

/// In place of direct.hpp's.
template <direct_scheduler S, workloads::tasks_on Threads>
void echo(S& scheduler, typename S::connection& peer, timeout_counters<Threads>& counters) {
  while (true) {
    const auto chunk = scheduler.read(peer, counters.read_until_ns());
    if (!chunk) counters.timed_out();
    if (!chunk || chunk->empty()) break;
    if (scheduler.write(peer, *chunk)) counters.add(chunk->size());
  }
  counters.error(peer.error());
  scheduler.close(peer);
}

}  // namespace skein::c10k
