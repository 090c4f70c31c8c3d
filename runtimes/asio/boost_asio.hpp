// Boost.Asio as its rows use it: the distribution's version (made with Boost 1.74, Asio 1.18.1; a
// run's record says which), in the form that Asio's documentation gives to each purpose. The rows:
// callback_scheduler.hpp (asio_cb), await_scheduler.hpp (asio_await, asio_await_any).
//
//  - io_context(1): one thread runs it ("Concurrency Hints"). The hint spares wake-ups; Asio's
//    mutexes stay.
//  - Sockets and timers are of io_context's own executor. any_io_executor is their default and is
//    larger: asio_await_any.
//  - Into lent memory: async_wait, then a read_some that does not wait ("Reactor-Style
//    Operations"). async_wait tries nothing first, so Asio asks the kernel anew, by an epoll_ctl
//    for each request. Many async_read_some into one scratch would spare that call. But a buffer
//    must stay untouched until its handler is called, and Asio may read for others before.
//  - Into own memory: async_read_some. Asio tries it before it waits, so that each answered request
//    is followed by a recv that finds nothing. Both ways are one system call a request more than
//    ours takes.
//  - A write is tried at once by write_some, and async_write gets the rest, as in the other rows.
//    async_write alone would report through Asio's queue, behind one more epoll_wait.
//  - Tasks wait for each other by timers that are never due (condition.hpp), and have long work
//    done by a thread_pool (offload.hpp).
//
// Unequal: the reactor takes at most 128 events at once and has no option for that
// (events_per_wait is 1,024 for others). A deadline is waited for in whole microseconds, rounded
// down; what was too early is waited for again, so no timer fires early.
//
// Not done, and what it would save: CONCURRENCY_HINT_UNSAFE has no mutexes, and then no other
// thread may post; an allocator of a handler's own ("Custom Memory Allocation") would put the
// operation into the session, where its memory stays reserved while nothing is pending.
#pragma once

// clang-format off
#include <utility>  // first: Boost 1.74 uses std::exchange without it

// Of clang, Boost 1.74 knows the experimental coroutines alone.
#if defined(__clang__) && !defined(BOOST_ASIO_HAS_CO_AWAIT)
#define BOOST_ASIO_HAS_CO_AWAIT 1
#define BOOST_ASIO_HAS_STD_COROUTINE 1
#endif

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
// clang-format on

namespace skein::asio {

namespace net = boost::asio;
using boost::system::error_code;
using concrete_executor = net::io_context::executor_type;

template <class Executor>
using stream = net::basic_stream_socket<net::ip::tcp, Executor>;
template <class Executor>
using acceptor = net::basic_socket_acceptor<net::ip::tcp, Executor>;

}  // namespace skein::asio
