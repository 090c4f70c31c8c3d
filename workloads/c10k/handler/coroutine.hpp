// A connection whose requests wait and compute, in the coroutine style.
#pragma once

#include "runtimes/scheduler.hpp"
#include "workloads/c10k/handler/requests.hpp"

namespace skein::c10k {

/// In place of coroutine.hpp's.
template <coroutine_scheduler S, workloads::tasks_on Threads>
typename S::task echo(S& scheduler, typename S::connection& peer,
                      handler_counters<Threads>& counters) {
  handled_request request;
  while (true) {
    const bytes chunk = co_await scheduler.read(peer);
    if (chunk.empty()) break;
    request.take(chunk);
    if (counters.waits()) co_await scheduler.sleep_until(counters.wait_until_ns());
    const bytes reply = request.worked_on(counters.steps());
    if (co_await scheduler.write(peer, reply)) counters.add(reply.size());
  }
  counters.error(peer.error());
  scheduler.close(peer);
}

}  // namespace skein::c10k
