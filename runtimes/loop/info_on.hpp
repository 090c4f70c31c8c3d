// What all runtimes on one of our loops say about themselves in the same way.
#pragma once

#include <string>
#include <string_view>

#include "runtimes/info.hpp"
#include "runtimes/loop/timer_wheel.hpp"

namespace skein {

/// The part of `Scheduler`'s info that comes from `Loop`. The id is `own_id` and the loop's suffix;
/// the scheduler fills in style, task and library.
template <class Scheduler, class Loop>
runtime_info info_on(std::string_view own_id) {
  static const std::string id = std::string(own_id) + std::string(Loop::facts().suffix);
  return {.id = id,
          .style = {},
          .task = {},
          .loop = Loop::facts().loop,
          .timer_source = Loop::facts().timer_source,
          .library = "none",
          .library_version = "none",
          .threads = "1",
          .timer_resolution_ns = finest_wheel_tick_ns,
          .early_by_at_most_ns = 0,
          .takes_inline_budget = true,
          .takes_events_per_wait = true,
          .takes_tick = true,
          .takes_receive_ring = Loop::facts().receives_into_ring};
}

}  // namespace skein
