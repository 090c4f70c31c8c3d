// Two signalfds. The one for interrupts is never read, so once a signal has come, every later check
// sees it too.
#include "harness/conductor/processes/interrupts.hpp"

#include <csignal>
#include <initializer_list>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "harness/conductor/outcome.hpp"
#include "runtimes/errors.hpp"

namespace skein::conductor {
namespace {

int descriptor_of(std::initializer_list<int> signals) {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int number : signals) ::sigaddset(&set, number);
  checked(::sigprocmask(SIG_BLOCK, &set, nullptr), "sigprocmask");
  return checked(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), "signalfd");
}

}  // namespace

interrupts::interrupts()
    : fd_(descriptor_of({SIGINT, SIGTERM})), child_fd_(descriptor_of({SIGCHLD})) {
  std::signal(SIGCHLD, SIG_DFL);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

/// The signals stay blocked: a pending one would end the process before it has reported how the run
/// ended.
interrupts::~interrupts() {
  ::close(child_fd_);
  ::close(fd_);
}

void interrupts::check() const {
  pollfd entry{fd_, POLLIN, 0};
  if (::poll(&entry, 1, 0) > 0) throw interrupted();
}

void interrupts::heard_of_children() const {
  signalfd_siginfo news{};
  while (::read(child_fd_, &news, sizeof news) > 0) {
  }
}

}  // namespace skein::conductor
