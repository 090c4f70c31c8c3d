// When Boost.Fiber has nothing to run, Asio waits: for I/O, for the inbox, and for the time at
// which Boost.Fiber wants to be back.
//
// A scheduling algorithm is Boost.Fiber's place for this. Boost ships an integration with Asio as
// an example only (examples/asio/round_robin.hpp). There io_context::run is the outer loop: one of
// its handlers never returns, lets Asio run the others, and waits as a fiber while fibers run. Here
// Boost.Fiber is the outer loop, and enters Asio when it would block.
//
//   1. Ready fibers run in turn, as in Boost's round_robin. Its dispatcher is one of them, and
//      moves sleepers whose time has come to the others. So timers are looked at once in a turn.
//   2. While fibers are ready, Asio is asked in every 64th turn, without waiting.
//   3. With none ready, suspend_until lets Asio run one handler, and then all that are ready, as
//      Boost's example does. Handlers make fibers ready; one is the wake-up of an Asio timer for
//      the earliest sleeper. (epoll_wait's timeout would be rounded up to a millisecond.)
//      One handler at a time, each with a turn of the dispatcher, was tried as well: with 100
//      connections in strict turn a request took 1,560 instructions against 1,290. Asio looks for
//      more before the fibers run, so with one connection a request is one epoll_wait and 17 % more
//      instructions dearer.
//   4. The fiber that called run() is made ready when the run is over, or can never be.
//   5. Asio's handlers run on the dispatcher's stack and nowhere else. A task's stack is small and
//      unguarded, and the inbox's handler parses JSON. And a fiber can be scheduled only by another
//      one, so a task's own handler must not find that task active. The dispatcher is either ready
//      or active: where it is not in the queue, it is what asks for the next fiber. An exception
//      that leaves a handler ends the process.
#pragma once

#include <boost/fiber/algo/algorithm.hpp>
#include <boost/fiber/context.hpp>
#include <boost/fiber/scheduler.hpp>
#include <chrono>
#include <cstdint>

#include "runtimes/asio/loop.hpp"

namespace skein::boost_fiber {

namespace fibers = boost::fibers;

class algorithm final : public fibers::algo::algorithm {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  explicit algorithm(asio::loop& on) noexcept : on_(on), wake_up_(on.get_executor()) {}

  void awakened(fibers::context* ready) noexcept override {
    if (ready->is_context(fibers::type::dispatcher_context)) dispatcher_is_ready_ = true;
    ready->ready_link(ready_);
  }
  fibers::context* pick_next() noexcept override;
  bool has_ready_fibers() const noexcept override { return !ready_.empty(); }
  void suspend_until(const time_point& wanted) noexcept override;
  /// For other threads, of which none wakes a fiber here.
  void notify() noexcept override {}

  /// The calling fiber waits until the run is over. False if tasks remain that wait for nothing.
  bool wait_for_the_end();

 private:
  void begin_turn();
  void set_wake_up(const time_point& wanted);
  void end_run();

  static constexpr std::uint32_t turns_between_looks = 64;

  asio::loop& on_;
  fibers::scheduler::ready_queue_type ready_;
  asio::waitable_timer<asio::concrete_executor> wake_up_;
  time_point wake_up_at_ = time_point::max();
  std::uint32_t turns_ = 0;
  fibers::context* runner_ = nullptr;
  bool dispatcher_is_ready_ = false;
  bool stuck_ = false;
};

}  // namespace skein::boost_fiber
