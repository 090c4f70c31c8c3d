// The floor of timers: a table of deadlines, sorted when it changed, and one timerfd armed for the
// first. No insertion into anything: what is left is the kernel's wake-up and reading the clock.
#pragma once

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <tuple>
#include <unistd.h>
#include <vector>

#include "runtimes/clock.hpp"
#include "runtimes/errors.hpp"
#include "runtimes/inbox.hpp"
#include "runtimes/scheduler.hpp"

namespace skein::epoll_floor {

/// `Context`: due_ns(index), and fired(index, now_ns, wake) when it is. Single-threaded.
template <class Context>
class timer_table {
 public:
  /// Throws std::system_error.
  explicit timer_table(Context& context) : context_(context) {
    epoll_ = checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
    timer_ =
        checked(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC), "timerfd_create");
    watch(timer_, EPOLLIN | EPOLLET);
  }
  timer_table(const timer_table&) = delete;
  timer_table& operator=(const timer_table&) = delete;
  ~timer_table() {
    ::close(timer_);
    ::close(epoll_);
  }

  /// Adds sleeper `index`, due at the context's due_ns(index).
  void add(std::size_t index) {
    entries_.push_back({context_.due_ns(index), index});
    sorted_ = false;
  }

  /// Fires what is due until stop().
  void run(inbox& door) {
    watch(door.descriptor(), EPOLLIN);
    while (!stopped_) {
      fire_due();
      arm();
      wait(door);
    }
    ::epoll_ctl(epoll_, EPOLL_CTL_DEL, door.descriptor(), nullptr);
    next_ = entries_.size();
  }

  void stop() noexcept { stopped_ = true; }
  live_counts live() const noexcept { return {entries_.size() - next_, 0}; }

 private:
  struct entry {
    time_ns due_ns;
    std::size_t index;
  };

  void watch(int fd, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    checked(::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
  }

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
      // Read again for each, as every runtime's task does when it wakes.
      now_ns = monotonic_clock::now_ns();
      context_.fired(due.index, now_ns, wake::due);
    }
  }

  void arm() {
    const time_ns next_ns = next_ < entries_.size() ? entries_[next_].due_ns : 0;
    if (next_ns == armed_ns_) return;
    itimerspec setting{};
    setting.it_value.tv_sec = next_ns / ns_per_s;
    setting.it_value.tv_nsec = next_ns % ns_per_s;
    checked(::timerfd_settime(timer_, TFD_TIMER_ABSTIME, &setting, nullptr), "timerfd_settime");
    armed_ns_ = next_ns;
  }

  void wait(inbox& door) {
    std::array<epoll_event, 2> events{};
    const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
    if (count < 0 && errno != EINTR) throw_errno("epoll_wait");
    for (int i = 0; i < count; ++i) {
      if (events[static_cast<std::size_t>(i)].data.fd == timer_) {
        armed_ns_ = 0;
      } else {
        door.on_readable();
      }
    }
  }

  Context& context_;
  int epoll_ = -1;
  int timer_ = -1;
  time_ns armed_ns_ = 0;
  std::vector<entry> entries_;
  std::size_t next_ = 0;  ///< entries before it have fired
  bool sorted_ = true;
  bool stopped_ = false;
};

}  // namespace skein::epoll_floor
