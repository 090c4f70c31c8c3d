// Must not compile: g++ 12 destroys a closure's captures twice.
#include <string>

#include "runtimes/coroutine/task.hpp"

template <class Work>
skein::coroutine::task run(Work work) {
  work();
  co_return;
}

skein::coroutine::task start(const std::string& name) {
  return run([name] { return name.size(); });
}
