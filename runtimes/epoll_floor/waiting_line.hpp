// The requests that wait in the floor of c10k, all of them equally long: they are over in the order
// in which they began, so a queue is enough. One timerfd is armed for the first. Deadlines are
// rounded up to a tick of 1 ms, as by the timer wheels of the others, so that one wake-up ends the
// waits of a whole tick.
#pragma once

#include <deque>
#include <sys/timerfd.h>
#include <unistd.h>

#include "runtimes/clock.hpp"
#include "runtimes/errors.hpp"

namespace skein::epoll_floor {

/// Single-threaded. Members throw std::system_error.
class waiting_line {
 public:
  waiting_line()
      : timer_(checked(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC),
                       "timerfd_create")) {}
  waiting_line(const waiting_line&) = delete;
  waiting_line& operator=(const waiting_line&) = delete;
  ~waiting_line() { ::close(timer_); }

  /// Readable when the first wait is over; to be watched edge-triggered.
  [[nodiscard]] int descriptor() const noexcept { return timer_; }

  /// `until_ns` is never earlier than that of a wait that began before.
  void add(int fd, time_ns until_ns) {
    const time_ns due_ns = (until_ns + tick_ns - 1) / tick_ns * tick_ns;
    if (line_.empty()) arm(due_ns);
    line_.push_back({due_ns, fd});
  }

  /// Calls `over(fd)` for each wait that is over. It may add others.
  template <class Over>
  void end_due(Over over) {
    const time_ns now_ns = monotonic_clock::now_ns();
    while (!line_.empty() && line_.front().due_ns <= now_ns) {
      const int fd = line_.front().fd;
      line_.pop_front();
      over(fd);
    }
    if (!line_.empty()) arm(line_.front().due_ns);
  }

 private:
  static constexpr time_ns tick_ns = ns_per_ms;

  struct wait {
    time_ns due_ns;
    int fd;
  };

  void arm(time_ns due_ns) {
    itimerspec setting{};
    setting.it_value.tv_sec = due_ns / ns_per_s;
    setting.it_value.tv_nsec = due_ns % ns_per_s;
    checked(::timerfd_settime(timer_, TFD_TIMER_ABSTIME, &setting, nullptr), "timerfd_settime");
  }

  int timer_;
  std::deque<wait> line_;
};

}  // namespace skein::epoll_floor
