// A future that was polled is moved.
#include <utility>

#include "runtimes/future/scheduler.hpp"

void move_on(skein::future::sleeping& begun) {
  const skein::future::sleeping elsewhere(std::move(begun));
}
