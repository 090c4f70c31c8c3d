#include "runtimes/asio/info.hpp"

#include <boost/asio/version.hpp>
#include <string>

#include "runtimes/shared/boost_version.hpp"

namespace skein::asio {

namespace {

std::string_view version() {
  static const std::string said =
      boost_version_text() + " (Asio " + boost_version_text(BOOST_ASIO_VERSION) + ')';
  return said;
}

runtime_info row(std::string_view id, std::string_view style, std::string_view task) {
  return {.id = id,
          .style = style,
          .task = task,
          .loop = "Boost.Asio's reactor (epoll, edge-triggered, up to 128 events a wait)",
          .timer_source = "Boost.Asio's timer heap, one timerfd in whole microseconds",
          .library = "Boost.Asio",
          .library_version = version(),
          .threads = "1",
          .timer_resolution_ns = 1,
          .early_by_at_most_ns = 0,
          .takes_inline_budget = true,
          .takes_events_per_wait = false,
          .takes_tick = false};
}

}  // namespace

runtime_info callback_info() {
  return row("asio_cb", "callback", "a session object and an operation of Asio's");
}
runtime_info await_info() {
  return row("asio_await", "coroutine", "awaitable<>: its frame, co_spawn's and the operation's");
}
runtime_info await_any_info() {
  return row("asio_await_any", "coroutine", "the same, with any_io_executor");
}

}  // namespace skein::asio
