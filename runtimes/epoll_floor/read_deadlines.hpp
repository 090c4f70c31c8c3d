// The deadlines of the reads in the floor of c10k, all of them equally long: they pass in the order
// in which they were armed, so a list is enough. Arming appends, withdrawing unlinks. One timerfd
// is armed for the first, and left alone if that is withdrawn: it then comes too early, and is
// armed for whoever is the first by then.
#pragma once

#include <cassert>
#include <cstddef>
#include <sys/timerfd.h>
#include <unistd.h>
#include <vector>

#include "runtimes/clock.hpp"
#include "runtimes/errors.hpp"

namespace skein::epoll_floor {

/// Single-threaded. Members throw std::system_error.
class read_deadlines {
 public:
  read_deadlines()
      : timer_(checked(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC),
                       "timerfd_create")),
        waits_(1) {}
  read_deadlines(const read_deadlines&) = delete;
  read_deadlines& operator=(const read_deadlines&) = delete;
  ~read_deadlines() { ::close(timer_); }

  /// Readable when the first deadline may have passed; to be watched edge-triggered.
  [[nodiscard]] int descriptor() const noexcept { return timer_; }

  /// `due_ns` is never earlier than that of a read that began before.
  void arm(int fd, time_ns due_ns) {
    const std::size_t place = place_of(fd);
    if (waits_.size() <= place) waits_.resize(place + 1);
    assert(waits_[place].due_ns == 0 && "a connection has one read");
    const std::size_t last = waits_[0].before;
    waits_[place] = {due_ns, last, 0};
    waits_[last].after = place;
    waits_[0].before = place;
    if (!armed_) set(due_ns);
  }

  /// Does nothing where no read waits.
  void withdraw(int fd) noexcept {
    wait& gone = waits_[place_of(fd)];
    if (gone.due_ns == 0) return;
    waits_[gone.before].after = gone.after;
    waits_[gone.after].before = gone.before;
    gone.due_ns = 0;
  }

  /// Calls `give_up(fd)` for each read whose deadline has passed.
  template <class GiveUp>
  void end_due(GiveUp give_up) {
    armed_ = false;
    const time_ns now_ns = monotonic_clock::now_ns();
    while (const std::size_t first = waits_[0].after) {
      if (waits_[first].due_ns > now_ns) return set(waits_[first].due_ns);
      const int fd = static_cast<int>(first) - 1;
      withdraw(fd);
      give_up(fd);
    }
  }

 private:
  /// Linked by place; place 0 is the list itself, a descriptor's is one more than its number.
  struct wait {
    time_ns due_ns = 0;  ///< 0: not in the list
    std::size_t before = 0;
    std::size_t after = 0;
  };

  static std::size_t place_of(int fd) noexcept { return static_cast<std::size_t>(fd) + 1; }

  void set(time_ns due_ns) {
    itimerspec setting{};
    setting.it_value.tv_sec = due_ns / ns_per_s;
    setting.it_value.tv_nsec = due_ns % ns_per_s;
    checked(::timerfd_settime(timer_, TFD_TIMER_ABSTIME, &setting, nullptr), "timerfd_settime");
    armed_ = true;
  }

  int timer_;
  bool armed_ = false;
  std::vector<wait> waits_;
};

}  // namespace skein::epoll_floor
