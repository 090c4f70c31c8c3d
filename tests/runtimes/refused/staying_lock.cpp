// A std::mutex is unlocked by the thread that locked it.
#include <mutex>

#include "runtimes/coroutine_stealing/task.hpp"

using skein::coroutine_stealing::task;

task hold(std::unique_lock<std::mutex> /*held*/) {
  co_return;
}
