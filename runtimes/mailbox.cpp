#include "runtimes/mailbox.hpp"

#include <cassert>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>

#include "runtimes/errors.hpp"

namespace skein {

mailbox::mailbox() : bell_(checked(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd")) {}

mailbox::~mailbox() {
  assert(newest_.load() == nullptr && "a mailbox ended with a letter in it");
  ::close(bell_);
}

void mailbox::post(letter& posted) noexcept {
  letter* before = newest_.load(std::memory_order_relaxed);
  do {
    posted.next = before;
  } while (!newest_.compare_exchange_weak(before, &posted, std::memory_order_release,
                                          std::memory_order_relaxed));
  if (before == nullptr) ::eventfd_write(bell_, 1);
}

void mailbox::on_readable() noexcept {
  eventfd_t ignored = 0;
  ::eventfd_read(bell_, &ignored);
  letter* newest = newest_.exchange(nullptr, std::memory_order_acquire);
  letter* oldest = nullptr;
  while (newest != nullptr) {
    letter* const before = std::exchange(newest->next, oldest);
    oldest = std::exchange(newest, before);
  }
  while (oldest != nullptr) {
    letter& opened = *std::exchange(oldest, oldest->next);
    opened.open(opened);
  }
}

}  // namespace skein
