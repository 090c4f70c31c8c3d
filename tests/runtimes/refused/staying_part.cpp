// A lock of runtimes/sync has no lock of its own, and a future that changes threads would use it
// from another one.
#include "runtimes/coroutine/scheduler.hpp"
#include "runtimes/future_stealing/scheduler.hpp"

using mutex = skein::coroutine::scheduler::mutex;

class holding : skein::pinned {
 public:
  using output = skein::nothing;
  explicit holding(mutex& held) noexcept : held_(held) {}
  skein::polled<skein::nothing> poll(skein::context& /*with*/) {
    held_.unlock();
    return skein::nothing{};
  }

 private:
  mutex& held_;
};

void spawn_on(skein::future_stealing::scheduler& on, mutex& held) {
  on.spawn<holding>(held);
}
