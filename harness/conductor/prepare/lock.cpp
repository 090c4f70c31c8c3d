// flock: the kernel releases it however the holder ends, and it is inherited with the descriptor.
#include "harness/conductor/prepare/lock.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/conductor/exit_status.hpp"

namespace skein::conductor {
namespace {

constexpr mode_t for_everybody = 0666;

/// In a sticky directory another user's file may not be opened with O_CREAT, and perhaps only for
/// reading. A lock needs no more than that.
int open_lock(const std::string& path) {
  int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0 && errno == ENOENT) {
    fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, for_everybody);
    if (fd >= 0) ::fchmod(fd, for_everybody);  // whatever the umask; the lock works without it
  }
  if (fd < 0 && errno == EACCES) fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  return fd;
}

std::string holder_in(int fd) {
  std::array<char, 512> text{};
  const ssize_t got = ::pread(fd, text.data(), text.size() - 1, 0);
  std::string holder(text.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  holder.erase(std::min(holder.find('\n'), holder.size()));
  return holder.empty() ? "a process that left no name" : holder;
}

void sign(int fd, const std::string& command) {
  const std::string text = "pid " + std::to_string(::getpid()) + ": " + command + "\n";
  // Only information for whoever finds the file locked: the lock holds without it.
  if (::ftruncate(fd, 0) == 0 && ::pwrite(fd, text.data(), text.size(), 0) < 0) ::fsync(fd);
}

}  // namespace

measuring_lock::measuring_lock(const std::string& path, const std::string& command)
    : fd_(open_lock(path)) {
  if (fd_ < 0) {
    throw cannot_measure("cannot open the lock file " + path + ": " + std::strerror(errno) +
                         "; name another with --lock-file");
  }
  if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
    const std::string holder = holder_in(fd_);
    ::close(fd_);
    throw cannot_measure("somebody else is measuring on this machine: " + path + " is held by " +
                         holder + "; wait for it to end");
  }
  sign(fd_, command);
}

measuring_lock::measuring_lock(int inherited_fd) : fd_(inherited_fd) {
  const int flags = ::fcntl(fd_, F_GETFD);
  if (flags < 0 || ::fcntl(fd_, F_SETFD, flags | FD_CLOEXEC) < 0) {
    throw cannot_measure("--lock-fd " + std::to_string(fd_) + " is not an open descriptor");
  }
  if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
    throw cannot_measure("the lock behind --lock-fd " + std::to_string(fd_) + " is held by " +
                         holder_in(fd_));
  }
}

/// If the descriptor was inherited, closing it leaves the lock with the process that passed it on.
measuring_lock::~measuring_lock() {
  ::close(fd_);
}

std::string default_lock_file() {
  const char* const named = std::getenv("SKEIN_LOCK_FILE");
  return named != nullptr && *named != '\0' ? named : "/tmp/skein.lock";
}

}  // namespace skein::conductor
