#include "runtimes/mailbox.hpp"

#include <cassert>
#include <sys/eventfd.h>
#include <unistd.h>

#include "runtimes/errors.hpp"

namespace skein {

mailbox::mailbox() : bell_(checked(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd")) {}

mailbox::~mailbox() {
  assert(letters_.empty() && "a mailbox ended with a letter in it");
  ::close(bell_);
}

void mailbox::post(letter& posted) noexcept {
  if (letters_.post(posted)) ::eventfd_write(bell_, 1);
}

void mailbox::on_readable() noexcept {
  eventfd_t ignored = 0;
  ::eventfd_read(bell_, &ignored);
  letters_.open_all();
}

}  // namespace skein
