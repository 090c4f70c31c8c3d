// boost_fiber: Boost.Fiber behind the direct style of the interface (made with 1.74; a run's record
// says which). Fibers, switch and timers are its own; sockets are Boost.Asio's, as in its example
// (algorithm.hpp, asio/boost_asio.hpp).
//
// Boost.Fiber as it comes: a fiber is launched by launch::post and detached. Its stack is from
// fixedsize_stack, the default, but of the cell's size (the default's is 128 KiB). It sleeps by
// this_fiber::sleep_until, in a red-black tree through the fibers, which allocates nothing. A sleep
// is cancelled by scheduling its fiber, which takes it out of the tree.
//
// A thread has one scheduler of Boost.Fiber's, with one algorithm. So it can have one scheduler of
// this row at a time: a second would take the first one's fibers, and give them back to nobody.
//
// Unequal: fixedsize_stack takes memory from malloc and has no guard, so a task that leaves its
// stack is not noticed. (protected_fixedsize_stack has one, for two mappings each.) A fiber's
// control block is at the top of its stack, and counts towards stack_bytes. Boost.Fiber has no way
// to enumerate its sleepers, so stop() needs a list of them: each sleep is linked into it and out
// of it again, and takes 32 bytes of the sleeper's stack. Stacks from malloc are not aligned to
// pages, so the 1 KB or so that a sleeper uses lies in two pages for every fourth: it takes a page
// and a quarter, and would take one if they were.
//
// What could be faster: a build of Boost.Fiber without atomics (BOOST_FIBERS_NO_ATOMICS), which the
// distribution's is not. And Asio keeps the memory of an operation that has ended for the next one
// only within one call of run(), run_one() or poll(). Fibers begin their waits between such calls,
// so each wait for a socket is an allocation.
#pragma once

#include <boost/fiber/fiber.hpp>
#include <boost/fiber/fixedsize_stack.hpp>
#include <boost/intrusive_ptr.hpp>
#include <cstddef>
#include <memory>
#include <new>
#include <utility>

#include "runtimes/asio/connection.hpp"
#include "runtimes/asio/scheduler_base.hpp"
#include "runtimes/boost_fiber/algorithm.hpp"
#include "runtimes/boost_fiber/info.hpp"
#include "runtimes/errors.hpp"
#include "runtimes/scheduler.hpp"

namespace skein::boost_fiber {

/// A sleep that is pending, on the sleeper's stack.
struct sleep : asio::listed {
  explicit sleep(fibers::context* by) noexcept : sleeper(by) {}
  /// Does nothing to one that is over and whose fiber has not run since.
  void cancel() noexcept;

  fibers::context* sleeper;
  bool cancelled = false;
};

/// A cancellable sleep.
class timer {
 public:
  void cancel() noexcept {
    if (pending_ != nullptr) pending_->cancel();
  }

 private:
  friend class scheduler;
  sleep* pending_ = nullptr;
};

class scheduler final
    : public asio::scheduler_base<asio::basic_connection<asio::concrete_executor>,
                                  asio::basic_listener<asio::concrete_executor>, timer> {
 public:
  /// There is no other one on this thread.
  explicit scheduler(const scheduler_options& options);
  /// No task may be left.
  ~scheduler();

  static runtime_info info() { return boost_fiber::info(); }

  /// Throws limit_error when there are max_tasks, or no memory for a stack.
  template <class Work>
  void spawn(Work work) {
    reserve_task();
    launch([this, work = std::move(work)]() mutable noexcept {
      work();
      on().task_ended();
    });
  }
  void yield();

  wake sleep_until(time_ns deadline_ns) { return sleep_on(nullptr, deadline_ns); }
  wake sleep_until(timer& sleeps, time_ns deadline_ns) { return sleep_on(&sleeps, deadline_ns); }

  connection* accept(listener& from);
  bytes read(connection& from);
  bool write(connection& to, bytes data);

  using scheduler_base::cancel;
  void cancel(connection& target);
  void cancel(listener& target);

  void run() { run_with(nullptr); }
  void run(inbox& messages) { run_with(&messages); }
  void stop();

 private:
  template <class Body>
  void launch(Body body) {
    try {
      fibers::fiber(fibers::launch::post, std::allocator_arg,
                    fibers::fixedsize_stack(on().options().stack_bytes), std::move(body))
          .detach();
    } catch (const std::bad_alloc&) {
      refuse_task();
    }
  }
  void reserve_task();
  [[noreturn]] void refuse_task();

  /// Starts an operation of Asio's and waits until it calls.
  template <class Start>
  void wait(Start start);
  void share_turns();
  wake sleep_on(timer* sleeps, time_ns deadline_ns);
  void run_with(inbox* messages);

  inline static constinit thread_local const scheduler* of_this_thread_ = nullptr;

  boost::intrusive_ptr<algorithm> algorithm_;
  asio::list_of<sleep> sleeps_;   ///< for stop()
  bool ends_are_queued_ = false;  ///< Asio has the ends of cancelled operations in its queue
};

static_assert(direct_scheduler<scheduler>);

}  // namespace skein::boost_fiber
