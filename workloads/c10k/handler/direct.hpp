// A connection whose requests wait and compute, in the direct style.
#pragma once

#include "runtimes/scheduler.hpp"
#include "workloads/c10k/handler/requests.hpp"

namespace skein::c10k {

/// In place of direct.hpp's.
template <direct_scheduler S, workloads::tasks_on Threads>
void echo(S& scheduler, typename S::connection& peer, handler_counters<Threads>& counters) {
  handled_request request;
  for (bytes chunk = scheduler.read(peer); !chunk.empty(); chunk = scheduler.read(peer)) {
    request.take(chunk);
    if (counters.waits()) scheduler.sleep_until(counters.wait_until_ns());
    if (scheduler.write(peer, request.worked_on(counters.steps()))) counters.add(chunk.size());
  }
  counters.error(peer.error());
  scheduler.close(peer);
}

}  // namespace skein::c10k
