// Every runtime by name: the only place to add one. The order here is the order of every list,
// table and plot.
#pragma once

#include "runtimes/callback/scheduler.hpp"
#include "runtimes/coroutine/scheduler.hpp"
#include "runtimes/epoll_floor/info.hpp"
#include "runtimes/fiber/scheduler.hpp"
#include "runtimes/libuv/scheduler.hpp"
#include "runtimes/thread/scheduler.hpp"

namespace skein {

template <class... Runtimes>
struct runtime_list {
  static constexpr std::size_t size = sizeof...(Runtimes);

  /// Calls `visit.template operator()<Runtime>()` for each, in order.
  template <class Visit>
  static void for_each(Visit&& visit) {
    (visit.template operator()<Runtimes>(), ...);
  }
};

/// Those that model the interface, in any of its three styles.
using interface_runtimes =
    runtime_list<coroutine::scheduler, coroutine::uring_scheduler, fiber::scheduler,
                 fiber::uring_scheduler, thread::scheduler, callback::scheduler,
                 callback::uring_scheduler, libuv::scheduler>;

/// All of them; epoll_floor is the control without an interface.
using all_runtimes =
    runtime_list<coroutine::scheduler, coroutine::uring_scheduler, fiber::scheduler,
                 fiber::uring_scheduler, thread::scheduler, callback::scheduler,
                 callback::uring_scheduler, libuv::scheduler, epoll_floor::runtime>;

}  // namespace skein
