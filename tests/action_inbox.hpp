// An inbox for tests: a signal from any thread has the thread that runs do one thing.
#pragma once

#include <cstdint>
#include <functional>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>

#include "runtimes/errors.hpp"
#include "runtimes/inbox.hpp"

namespace skein::test {

class action_inbox final : public inbox {
 public:
  explicit action_inbox(std::function<void()> action)
      : event_(checked(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")),
        action_(std::move(action)) {}
  ~action_inbox() override { ::close(event_); }

  int descriptor() const noexcept override { return event_; }
  void on_readable() noexcept override {
    std::uint64_t count = 0;
    if (::read(event_, &count, sizeof count) == sizeof count) action_();
  }
  /// The signals that come before the action runs have it done once.
  void signal() const { checked(::eventfd_write(event_, 1), "eventfd_write"); }

 private:
  int event_;
  std::function<void()> action_;
};

}  // namespace skein::test
