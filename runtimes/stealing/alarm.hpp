// What a worker sleeps on, and by which any thread wakes it: an eventfd. It stays readable until
// its worker silences it, so it may be sounded before the worker sleeps.
#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include "runtimes/errors.hpp"

namespace skein::stealing {

class alarm {
 public:
  /// Throws std::system_error where no eventfd can be had.
  alarm() : event_(checked(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd")) {}
  alarm(const alarm&) = delete;
  alarm& operator=(const alarm&) = delete;
  ~alarm() { ::close(event_); }

  int descriptor() const noexcept { return event_; }
  void sound() noexcept { ::eventfd_write(event_, 1); }
  void silence() noexcept {
    eventfd_t ignored = 0;
    ::eventfd_read(event_, &ignored);
  }

 private:
  int event_;
};

}  // namespace skein::stealing
