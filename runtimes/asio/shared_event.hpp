// An event that any thread sets (clause W11). Asio's objects are of one thread at a time; what
// another has to say is posted to the io_context, as its documentation has it. So the thread that
// sets the event first posts, and the owner thread sets an event of its own (locks.hpp).
//
// What is posted may come after the event has gone, and knows it by its weak_ptr, as the operations
// of Asio's examples know their session. Of several threads that set it, one posts.
#pragma once

#include <atomic>
#include <memory>

#include "runtimes/asio/boost_asio.hpp"
#include "runtimes/asio/locks.hpp"
#include "runtimes/asio/loop.hpp"

namespace skein::asio {

template <class Executor>
class shared_event {
 public:
  using awaiting = typename event<Executor>::awaiting;

  /// Made and destroyed by the owner thread, which is to be once every set() has returned.
  template <class Scheduler>
  explicit shared_event(Scheduler& on)
      : home_(on.home()), event_(std::make_shared<event<Executor>>(on)) {}

  /// True when the event was set; false when the scheduler stopped.
  awaiting wait() noexcept { return event_->wait(); }

  /// Any thread; more than once does nothing. It returns before the event and its scheduler end.
  void set() {
    if (is_posted_.exchange(true, std::memory_order_relaxed)) return;
    net::post(home_, [known = std::weak_ptr(event_)] {
      if (const auto still_there = known.lock()) still_there->set();
    });
  }

  /// Of the owner thread: whether a wait would end at once.
  bool is_set() const noexcept { return event_->is_set(); }

 private:
  loop& home_;
  std::shared_ptr<event<Executor>> event_;
  std::atomic<bool> is_posted_{false};
};

}  // namespace skein::asio
