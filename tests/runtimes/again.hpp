// A future that wants to be polled once more.
#pragma once

#include "runtimes/poll.hpp"

namespace skein::test {

/// What it answers then: it has woken its task.
inline polled<nothing> again(context& with) noexcept {
  with.waker().wake();
  return not_ready;
}

}  // namespace skein::test
