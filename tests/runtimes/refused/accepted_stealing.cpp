// What may change threads: scopes of the runtime, atomic counts, and what is only referred to.
#include <atomic>

#include "runtimes/coroutine_stealing/scheduler.hpp"

using skein::coroutine_stealing::scheduler;

scheduler::task count(scheduler& /*on*/, scheduler::scope& /*within*/, std::atomic<int>& counted,
                      int by) {
  counted += by;
  co_return;
}
