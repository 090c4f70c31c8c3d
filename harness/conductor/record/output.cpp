// O_APPEND, write, fsync; after a failure ftruncate.
#include "harness/conductor/record/output.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <string_view>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "harness/conductor/exit_status.hpp"

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
  if (::fstatvfs(fd, &facts) != 0) return true;  // unknown: the write will show it
  return static_cast<unsigned long long>(facts.f_bavail) * facts.f_frsize >= room_bytes;
}

/// True for /dev/full, known by its device number. Trying would not help: it accepts an empty
/// write.
bool is_full_device(int fd) {
  struct stat facts{};
  struct stat full{};
  return ::fstat(fd, &facts) == 0 && S_ISCHR(facts.st_mode) && ::stat("/dev/full", &full) == 0 &&
         facts.st_rdev == full.st_rdev;
}

/// The text after the last newline: empty in a file that was written whole.
std::string unfinished_line(int fd, off_t end) {
  std::string tail;
  std::array<char, 4096> block{};
  while (end > 0) {
    const auto size = std::min<off_t>(end, static_cast<off_t>(block.size()));
    if (::pread(fd, block.data(), static_cast<std::size_t>(size), end - size) != size) break;
    const std::string_view text(block.data(), static_cast<std::size_t>(size));
    const auto found = text.rfind('\n');
    tail.insert(0, text.substr(found == std::string_view::npos ? 0 : found + 1));
    if (found != std::string_view::npos) break;
    end -= size;
  }
  return tail;
}

/// Removes a record that a crash or a full disk cut short; any other unfinished line only gets a
/// newline. Returns the new end of the file.
off_t mend_end(int fd) {
  const off_t end = ::lseek(fd, 0, SEEK_END);
  const std::string tail = unfinished_line(fd, end);
  if (tail.empty()) return end;
  if (tail.front() != '{' || measure::json::accept(tail)) {
    return ::write(fd, "\n", 1) == 1 ? end + 1 : end;
  }
  const off_t whole = end - static_cast<off_t>(tail.size());
  return ::ftruncate(fd, whole) == 0 ? whole : end;
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
  const off_t before = regular ? mend_end(fd_) : 0;
  std::string line = measure::to_text(record) + "\n";
  const ssize_t written = ::write(fd_, line.data(), line.size());
  if (written == static_cast<ssize_t>(line.size())) {
    if (!regular || ::fsync(fd_) == 0) return;
  }
  const std::string why = written < 0 ? std::strerror(errno) : "there is no room left on its disk";
  if (regular && ::ftruncate(fd_, before) != 0) give_up(why + ", and a partial line is left");
  give_up(why);
}

void output_file::give_up(const std::string& why) const {
  throw cannot_measure("cannot write results to " + path_ + ": " + why);
}

}  // namespace skein::conductor
