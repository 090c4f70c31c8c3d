// A task is made of a future that could be moved.
#include "runtimes/future/scheduler.hpp"

struct movable {
  using output = skein::nothing;
  skein::polled<skein::nothing> poll(skein::context&) { return skein::nothing{}; }
};

void start(skein::future::scheduler& on) {
  on.spawn<movable>();
}
