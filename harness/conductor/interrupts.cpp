// A signalfd. It is never read: once a signal has come, every later check tells so too.
#include "harness/conductor/interrupts.hpp"

#include <csignal>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "harness/conductor/outcome.hpp"
#include "runtimes/errors.hpp"

namespace skein::conductor {

interrupts::interrupts() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGINT);
  ::sigaddset(&set, SIGTERM);
  checked(::sigprocmask(SIG_BLOCK, &set, nullptr), "sigprocmask");
  fd_ = checked(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), "signalfd");
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

/// The signals stay blocked: a pending one would end the process before it has said how it ended.
interrupts::~interrupts() {
  ::close(fd_);
}

void interrupts::check() const {
  pollfd entry{fd_, POLLIN, 0};
  if (::poll(&entry, 1, 0) > 0) throw interrupted();
}

}  // namespace skein::conductor
