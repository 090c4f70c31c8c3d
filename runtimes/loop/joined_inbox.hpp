// An inbox that is two, for a loop that watches one.
#pragma once

#include "runtimes/inbox.hpp"

namespace skein {

class joined_inbox final : public inbox {
 public:
  /// Throws std::system_error where one of them cannot be watched.
  joined_inbox(inbox& first, inbox& second);
  ~joined_inbox() override;

  int descriptor() const noexcept override { return epoll_; }
  void on_readable() noexcept override;

 private:
  void add(inbox& watched);

  int epoll_;
};

}  // namespace skein
