// The floor of timers that are armed once: a table of deadlines, sorted when it has changed, and
// one timerfd armed for the first. Nothing is inserted into any structure; what remains is the
// kernel's wake-up and the reading of the clock.
#pragma once

#include <algorithm>
#include <cstddef>
#include <tuple>
#include <vector>

#include "runtimes/clock.hpp"
#include "runtimes/epoll_floor/alarm.hpp"
#include "runtimes/inbox.hpp"
#include "runtimes/scheduler.hpp"

namespace skein::epoll_floor {

/// `Context`: due_ns(index), and fired(index, now_ns, wake) when it is. Single-threaded.
template <class Context>
class timer_table {
 public:
  /// Throws std::system_error.
  explicit timer_table(Context& context) : context_(context) {}
  timer_table(const timer_table&) = delete;
  timer_table& operator=(const timer_table&) = delete;

  /// Adds sleeper `index`, due at the context's due_ns(index).
  void add(std::size_t index) {
    entries_.push_back({context_.due_ns(index), index});
    sorted_ = false;
  }

  /// Fires what is due until stop().
  void run(inbox& messages) {
    alarm_.add(messages);
    while (!stopped_) {
      fire_due();
      alarm_.wait(next_due_ns(), messages);
    }
    alarm_.remove(messages);
    next_ = entries_.size();
  }

  void stop() noexcept { stopped_ = true; }
  live_counts live() const noexcept { return {entries_.size() - next_, 0}; }

 private:
  struct entry {
    time_ns due_ns;
    std::size_t index;
  };

  void sort() {
    if (sorted_) return;
    std::sort(entries_.begin() + static_cast<std::ptrdiff_t>(next_), entries_.end(),
              [](const entry& a, const entry& b) {
                return std::tie(a.due_ns, a.index) < std::tie(b.due_ns, b.index);
              });
    sorted_ = true;
  }

  void fire_due() {
    sort();
    time_ns now_ns = monotonic_clock::now_ns();
    while (next_ < entries_.size() && entries_[next_].due_ns <= now_ns) {
      const entry due = entries_[next_++];
      // The clock is read again for each, as every runtime's task does when it wakes.
      now_ns = monotonic_clock::now_ns();
      context_.fired(due.index, now_ns, wake::due);
    }
  }

  /// 0 if all have fired.
  time_ns next_due_ns() const noexcept {
    return next_ < entries_.size() ? entries_[next_].due_ns : 0;
  }

  Context& context_;
  alarm alarm_;
  std::vector<entry> entries_;
  std::size_t next_ = 0;  ///< entries before it have fired
  bool sorted_ = true;
  bool stopped_ = false;
};

}  // namespace skein::epoll_floor
