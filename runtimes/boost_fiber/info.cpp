#include "runtimes/boost_fiber/info.hpp"

#include <string>

#include "runtimes/shared/boost_version.hpp"

namespace skein::boost_fiber {

namespace {

std::string_view version() {
  static const std::string said = boost_version_text();
  return said;
}

}  // namespace

runtime_info info() {
  return {.id = "boost_fiber",
          .style = "direct",
          .task = "a fiber of Boost.Fiber's on a stack from malloc",
          .loop = "Boost.Fiber's dispatcher; Boost.Asio's reactor (epoll) when no fiber is ready",
          .timer_source = "Boost.Fiber's sleep queue, a red-black tree; an Asio timer wakes it",
          .library = "Boost.Fiber",
          .library_version = version(),
          .threads = "1",
          .timer_resolution_ns = 1,
          .early_by_at_most_ns = 0,
          .takes_inline_budget = true,
          .takes_events_per_wait = false,
          .takes_tick = false};
}

}  // namespace skein::boost_fiber
