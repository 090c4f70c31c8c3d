// Must not compile: g++ 12 destroys an aggregate parameter's members twice.
#include <string>

#include "runtimes/coroutine/task.hpp"

struct job {
  std::string name;
};

skein::coroutine::task run(job work) {
  work.name.clear();
  co_return;
}
