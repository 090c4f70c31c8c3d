// What the floor says about itself. It models no concept: it has no interface to pay for.
#pragma once

#include "runtimes/info.hpp"

namespace skein::epoll_floor {

struct runtime {
  static runtime_info info() noexcept {
    return {.id = "epoll_floor",
            .style = "none",
            .task = "an entry in a table",
            .loop = "epoll, edge-triggered, registered once",
            .timer_source = "sorted table, one timerfd",
            .library = "none",
            .library_version = "none",
            .threads = "1",
            .timer_resolution_ns = 1,
            .early_by_at_most_ns = 0,
            .takes_inline_budget = false,
            .takes_events_per_wait = true,
            .takes_tick = false};
  }
};

}  // namespace skein::epoll_floor
