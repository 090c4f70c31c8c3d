// O_APPEND, write, fsync; on failure ftruncate.
#include "harness/conductor/output.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "harness/cli/exit_status.hpp"

namespace skein::conductor {
namespace {

/// More than a session and a run with all its histograms take.
constexpr unsigned long long room_bytes = 1024 * 1024;

bool is_regular(int fd) {
  struct stat facts{};
  return ::fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode);
}

bool has_room(int fd) {
  struct statvfs facts{};
  if (::fstatvfs(fd, &facts) != 0) return true;  // unknown: writing will tell
  return static_cast<unsigned long long>(facts.f_bavail) * facts.f_frsize >= room_bytes;
}

/// A device that is full says so at any write; an empty one would change nothing and tell nothing.
bool is_full_device(int fd) {
  struct stat facts{};
  struct stat full{};
  return ::fstat(fd, &facts) == 0 && S_ISCHR(facts.st_mode) && ::stat("/dev/full", &full) == 0 &&
         facts.st_rdev == full.st_rdev;
}

bool ends_mid_line(int fd, off_t size) {
  char last = '\n';
  return size > 0 && ::pread(fd, &last, 1, size - 1) == 1 && last != '\n';
}

}  // namespace

output_file::output_file(std::string path) : path_(std::move(path)) {
  constexpr mode_t mode = 0666;
  fd_ = ::open(path_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, mode);
  if (fd_ < 0 && (errno == EACCES || errno == EINVAL)) {
    fd_ = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, mode);
  }
  if (fd_ < 0) give_up(std::strerror(errno));
  const bool full = is_regular(fd_) ? !has_room(fd_) : is_full_device(fd_);
  if (!full) return;
  ::close(fd_);
  give_up("there is no room left on its disk");
}

output_file::~output_file() {
  ::close(fd_);
}

void output_file::append(const measure::json& record) {
  const bool regular = is_regular(fd_);
  const off_t before = regular ? ::lseek(fd_, 0, SEEK_END) : 0;
  std::string line = record.dump(-1, ' ', false, measure::json::error_handler_t::replace) + "\n";
  if (regular && ends_mid_line(fd_, before)) line.insert(line.begin(), '\n');
  const ssize_t written = ::write(fd_, line.data(), line.size());
  if (written == static_cast<ssize_t>(line.size())) {
    if (!regular || ::fsync(fd_) == 0) return;
  }
  const std::string why = written < 0 ? std::strerror(errno) : "there is no room left on its disk";
  if (regular && ::ftruncate(fd_, before) != 0) give_up(why + ", and a partial line is left");
  give_up(why);
}

void output_file::give_up(const std::string& why) const {
  throw cli::cannot_measure("cannot write results to " + path_ + ": " + why);
}

}  // namespace skein::conductor
