// A gate at which threads wait until it is opened, once, for all of them.
//
// It is a pipe: waiting is a read, and opening closes the other end. It is not a condition
// variable, because that is a futex, and sleepers of the thread runtime are futexes too: thousands
// of threads that wait at a gate would share the kernel's few hash buckets with what is measured.
#pragma once

#include <array>
#include <unistd.h>

#include "runtimes/errors.hpp"

namespace skein::micro {

class gate {
 public:
  /// Throws std::system_error.
  gate() { checked(::pipe(ends_.data()), "pipe"); }
  ~gate() {
    open();
    ::close(ends_[0]);
  }
  gate(const gate&) = delete;
  gate& operator=(const gate&) = delete;

  /// Returns once the gate is open. Any number of threads.
  void wait() const noexcept {
    char nothing = 0;
    while (::read(ends_[0], &nothing, 1) < 0) {  // interrupted; nothing else can fail here
    }
  }
  /// One thread at a time.
  void open() noexcept {
    if (ends_[1] >= 0) ::close(ends_[1]);
    ends_[1] = -1;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

}  // namespace skein::micro
