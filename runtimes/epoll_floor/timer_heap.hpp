// The floor of the timer patterns that arm again and again: a binary heap of deadlines, and one
// timerfd armed for the first. Timeouts, most of which are cancelled, are kept apart. They are all
// equally long, so they fall due in the order in which they were armed, and a list is enough:
// arming appends, cancelling unlinks, and neither looks at any other timer.
//
// An index has one timer at a time, in the heap or in the list. A timer in the heap cannot be
// cancelled.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <vector>

#include "runtimes/clock.hpp"
#include "runtimes/epoll_floor/alarm.hpp"
#include "runtimes/inbox.hpp"
#include "runtimes/scheduler.hpp"

namespace skein::epoll_floor {

/// `Owner`: fired(index, now_ns) when a timer of the heap is due, timed_out(index) when a timeout
/// is. Both may arm and cancel. Single-threaded.
template <class Owner>
class timer_heap {
 public:
  /// For indices below `tasks`. Throws std::system_error.
  timer_heap(Owner& owner, std::size_t tasks) : owner_(owner) {
    // Reserved and not touched, so that the memory of each task shows when the task comes.
    timeouts_.reserve(tasks + 1);
    timeouts_.push_back({0, 0, 0});
    heap_.reserve(tasks);
  }
  timer_heap(const timer_heap&) = delete;
  timer_heap& operator=(const timer_heap&) = delete;

  void arm(std::size_t index, time_ns due_ns) {
    heap_.push_back({due_ns, index});
    std::push_heap(heap_.begin(), heap_.end(), later);
  }

  /// `due_ns` is never earlier than that of a timeout armed before.
  void arm_timeout(std::size_t index, time_ns due_ns) {
    const std::size_t node = index + 1;
    const std::size_t last = timeouts_[0].before;
    if (timeouts_.size() <= node) timeouts_.resize(node + 1);
    assert((last == 0 || timeouts_[last].due_ns <= due_ns) && "timeouts are equally long");
    timeouts_[node] = {due_ns, last, 0};
    timeouts_[last].after = node;
    timeouts_[0].before = node;
  }

  void cancel_timeout(std::size_t index) {
    const timeout& gone = timeouts_[index + 1];
    timeouts_[gone.before].after = gone.after;
    timeouts_[gone.after].before = gone.before;
  }

  /// Fires what is due until stop().
  void run(inbox& messages) {
    alarm_.add(messages);
    while (!stopped_) {
      fire_due();
      alarm_.wait(next_due_ns(), messages);
    }
    alarm_.remove(messages);
  }

  void stop() noexcept { stopped_ = true; }
  bool stopped() const noexcept { return stopped_; }

 private:
  struct entry {
    time_ns due_ns;
    std::size_t index;
  };
  /// Linked by place; place 0 is the list itself, index i has place i + 1.
  struct timeout {
    time_ns due_ns;
    std::size_t before;
    std::size_t after;
  };

  static bool later(const entry& a, const entry& b) noexcept { return a.due_ns > b.due_ns; }

  void fire_due() {
    time_ns now_ns = monotonic_clock::now_ns();
    while (!heap_.empty() && heap_.front().due_ns <= now_ns) {
      const std::size_t index = heap_.front().index;
      std::pop_heap(heap_.begin(), heap_.end(), later);
      heap_.pop_back();
      // The clock is read again for each, as every runtime's task does when it wakes.
      now_ns = monotonic_clock::now_ns();
      owner_.fired(index, now_ns);
    }
    for (std::size_t first = timeouts_[0].after; first != 0; first = timeouts_[0].after) {
      if (timeouts_[first].due_ns > now_ns) break;
      cancel_timeout(first - 1);
      owner_.timed_out(first - 1);
    }
  }

  /// 0 if nothing is armed.
  time_ns next_due_ns() const noexcept {
    const std::size_t first = timeouts_[0].after;
    const time_ns in_list_ns = first == 0 ? 0 : timeouts_[first].due_ns;
    if (heap_.empty()) return in_list_ns;
    const time_ns in_heap_ns = heap_.front().due_ns;
    return in_list_ns == 0 ? in_heap_ns : std::min(in_heap_ns, in_list_ns);
  }

  Owner& owner_;
  alarm alarm_;
  std::vector<entry> heap_;
  std::vector<timeout> timeouts_;
  bool stopped_ = false;
};

}  // namespace skein::epoll_floor
