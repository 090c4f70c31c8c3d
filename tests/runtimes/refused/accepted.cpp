// Must compile: the control beside the three that must not, so that they fail for their own reason.
#include <memory>
#include <string>

#include "runtimes/coroutine/task.hpp"

struct job {
  explicit job(std::string given) : name(std::move(given)) {}
  std::string name;
};
struct place {
  int x;
  int y;
};

skein::coroutine::task run(job work, place where, const std::string& by_reference, int& counter) {
  counter += where.x + where.y + static_cast<int>(work.name.size() + by_reference.size());
  co_return;
}

struct session {
  int count = 0;
  skein::coroutine::task serve() {
    ++count;
    co_return;
  }
};

skein::coroutine::task start(session& of) {
  return of.serve();
}
