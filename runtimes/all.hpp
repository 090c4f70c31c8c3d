// Every runtime by name: the only place to add one. The order here is that of every list of the
// binary; tables and figures follow `order` in runtime.toml. Keep the two equal.
#pragma once

#include "runtimes/callback/scheduler.hpp"
#include "runtimes/coroutine/scheduler.hpp"
#include "runtimes/coroutine_stealing/scheduler.hpp"
#include "runtimes/epoll_floor/info.hpp"
#include "runtimes/fiber/scheduler.hpp"
#include "runtimes/fiber_asm/scheduler.hpp"
#include "runtimes/future/scheduler.hpp"
#include "runtimes/future_busy/scheduler.hpp"
#include "runtimes/future_stealing/scheduler.hpp"
#include "runtimes/libuv/scheduler.hpp"
#include "runtimes/list.hpp"
#include "runtimes/thread/scheduler.hpp"
#include "runtimes/thread_default/scheduler.hpp"

namespace skein {

namespace detail {

#if defined(__x86_64__)
using on_this_processor = runtime_list<fiber_asm::scheduler>;
#else
using on_this_processor = runtime_list<>;
#endif

using coroutines = runtime_list<coroutine::scheduler, coroutine::uring_scheduler>;
using futures = runtime_list<future::scheduler, future_busy::scheduler>;
using others =
    joined<runtime_list<fiber::scheduler>, on_this_processor,
           runtime_list<fiber::uring_scheduler, thread::scheduler, thread_default::scheduler,
                        callback::scheduler, callback::uring_scheduler, libuv::scheduler>>::type;

}  // namespace detail

/// The runtimes that model the interface, in any of its four styles.
using interface_runtimes =
    detail::joined<detail::coroutines, detail::futures, detail::others>::type;

/// All of them. Those whose tasks move have a part of the interface, task_scheduler; epoll_floor is
/// the control, which has none.
using all_runtimes = detail::joined<detail::coroutines, runtime_list<coroutine_stealing::scheduler>,
                                    detail::futures, runtime_list<future_stealing::scheduler>,
                                    detail::others, runtime_list<epoll_floor::runtime>>::type;

}  // namespace skein
