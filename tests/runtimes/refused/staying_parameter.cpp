// A lock of runtimes/sync has no lock of its own, and a task that is stolen would use it from
// another thread.
#include "runtimes/coroutine/scheduler.hpp"
#include "runtimes/coroutine_stealing/task.hpp"

using skein::coroutine_stealing::task;

task hold(skein::coroutine::scheduler::mutex& /*held*/) {
  co_return;
}
