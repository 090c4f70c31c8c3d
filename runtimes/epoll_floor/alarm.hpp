// What both timer floors wait on: one timerfd, armed for the next deadline, and the inbox. Leaves
// out which deadline that is.
#pragma once

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "runtimes/clock.hpp"
#include "runtimes/errors.hpp"
#include "runtimes/inbox.hpp"

namespace skein::epoll_floor {

/// Single-threaded. Members throw std::system_error.
class alarm {
 public:
  alarm() {
    epoll_ = checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
    timer_ =
        checked(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC), "timerfd_create");
    watch(timer_, EPOLLIN | EPOLLET);
  }
  alarm(const alarm&) = delete;
  alarm& operator=(const alarm&) = delete;
  ~alarm() {
    ::close(timer_);
    ::close(epoll_);
  }

  /// wait() serves this inbox from here on; remove it before it is destroyed.
  void add(inbox& messages) { watch(messages.descriptor(), EPOLLIN); }
  void remove(inbox& messages) noexcept {
    ::epoll_ctl(epoll_, EPOLL_CTL_DEL, messages.descriptor(), nullptr);
  }

  /// Sleeps until `next_ns` (0: no deadline) or until the inbox is readable, and then serves it.
  void wait(time_ns next_ns, inbox& messages) {
    arm(next_ns);
    std::array<epoll_event, 2> events{};
    const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
    if (count < 0 && errno != EINTR) throw_errno("epoll_wait");
    for (int i = 0; i < count; ++i) {
      if (events[static_cast<std::size_t>(i)].data.fd == timer_) {
        armed_ns_ = 0;
      } else {
        messages.on_readable();
      }
    }
  }

 private:
  void watch(int fd, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    checked(::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
  }

  void arm(time_ns next_ns) {
    if (next_ns == armed_ns_) return;
    itimerspec setting{};
    setting.it_value.tv_sec = next_ns / ns_per_s;
    setting.it_value.tv_nsec = next_ns % ns_per_s;
    checked(::timerfd_settime(timer_, TFD_TIMER_ABSTIME, &setting, nullptr), "timerfd_settime");
    armed_ns_ = next_ns;
  }

  int epoll_ = -1;
  int timer_ = -1;
  time_ns armed_ns_ = 0;
};

}  // namespace skein::epoll_floor
