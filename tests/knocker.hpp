// A door that another thread knocks at: what it wants is done on the thread that runs.
#pragma once

#include <cstdint>
#include <functional>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>

#include "runtimes/errors.hpp"
#include "runtimes/inbox.hpp"

namespace skein::test {

class knocker final : public inbox {
 public:
  explicit knocker(std::function<void()> wish)
      : event_(checked(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")),
        wish_(std::move(wish)) {}
  ~knocker() override { ::close(event_); }

  int descriptor() const noexcept override { return event_; }
  void on_readable() noexcept override {
    std::uint64_t count = 0;
    if (::read(event_, &count, sizeof count) == sizeof count) wish_();
  }
  void knock() const { checked(::eventfd_write(event_, 1), "eventfd_write"); }

 private:
  int event_;
  std::function<void()> wish_;
};

}  // namespace skein::test
