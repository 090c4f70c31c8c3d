// Must not compile: the closure of a coroutine lambda is not part of its frame.
#include "runtimes/coroutine/task.hpp"

skein::coroutine::task started(int& counter) {
  auto body = [&counter]() -> skein::coroutine::task {
    ++counter;
    co_return;
  };
  return body();
}
