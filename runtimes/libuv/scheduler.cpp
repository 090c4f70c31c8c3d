#include "runtimes/libuv/scheduler.hpp"

#include <algorithm>
#include <cassert>

namespace skein::libuv {

runtime_info scheduler::info() noexcept {
  return {.id = "libuv",
          .style = "callback",
          .task = "a libuv handle and its callbacks",
          .loop = "libuv (epoll, level-triggered)",
          .timer_source = "libuv timer heap, milliseconds from the loop's cached time",
          .library = "libuv",
          .library_version = ::uv_version_string(),
          .threads =
              "1 (libuv's worker pool starts only for file, DNS or user work; none is used here)",
          .timer_resolution_ns = ns_per_ms,
          .early_by_at_most_ns = 0,
          .takes_inline_budget = true,
          .takes_events_per_wait = false,
          .takes_tick = false};
}

listener& scheduler::listen(int descriptor) {
  listener& added = listeners_.emplace_back(loop_);
  added.open(descriptor);
  if (loop_.stopping()) added.cancel();
  return added;
}

void scheduler::stop() noexcept {
  loop_.stop();
  for (listener& each : listeners_) each.cancel();
  // Timers first: who withdraws one as its connection ends need not search for it then.
  walk([](uv_handle_t* handle) {
    if (handle->type == UV_TIMER) timer::cancel(handle);
  });
  walk([this](uv_handle_t* handle) {
    if (handle->type == UV_TCP && !is_listener(handle)) connection::of(handle).cancel();
  });
}

scheduler::~scheduler() {
  assert(loop_.tasks() == 0 && "a task outlived its scheduler");
  for (listener& each : listeners_) each.close();
  walk([this](uv_handle_t* handle) {
    if (handle->type == UV_TIMER) return timer::detach(handle);
    if (handle->type != UV_TCP || is_listener(handle) || ::uv_is_closing(handle) != 0) return;
    connection::of(handle).close();
  });
  // Destroying the list frees the listeners' handles, so the loop turns until libuv has let go of
  // them.
  loop_.turn_until_closed();
}

/// Calls `visit(uv_handle_t*)` for every handle of the loop.
template <class Visitor>
void scheduler::walk(Visitor visit) noexcept {
  ::uv_walk(
      loop_.uv(),
      [](uv_handle_t* handle, void* visitor) noexcept {
        (*static_cast<Visitor*>(visitor))(handle);
      },
      &visit);
}

bool scheduler::is_listener(const uv_handle_t* handle) const noexcept {
  return std::any_of(listeners_.begin(), listeners_.end(),
                     [handle](const listener& each) { return each.owns(handle); });
}

}  // namespace skein::libuv
