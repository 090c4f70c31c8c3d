#include "runtimes/loop/joined_inbox.hpp"

#include <array>
#include <cstddef>
#include <sys/epoll.h>
#include <unistd.h>

#include "runtimes/errors.hpp"

namespace skein {

joined_inbox::joined_inbox(inbox& first, inbox& second)
    : epoll_(checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")) {
  try {
    add(first);
    add(second);
  } catch (...) {
    ::close(epoll_);
    throw;
  }
}

joined_inbox::~joined_inbox() {
  ::close(epoll_);
}

void joined_inbox::add(inbox& watched) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = &watched;
  checked(::epoll_ctl(epoll_, EPOLL_CTL_ADD, watched.descriptor(), &event), "epoll_ctl");
}

void joined_inbox::on_readable() noexcept {
  std::array<epoll_event, 2> ready{};
  const int count = ::epoll_wait(epoll_, ready.data(), static_cast<int>(ready.size()), 0);
  for (int i = 0; i < count; ++i) {
    static_cast<inbox*>(ready[static_cast<std::size_t>(i)].data.ptr)->on_readable();
  }
}

}  // namespace skein
