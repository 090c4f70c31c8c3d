// Framing over raw descriptors. Leaves out buffering of writes: messages are short and rare, and
// the reader is waiting for them.
#include "harness/protocol/line_channel.hpp"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <poll.h>
#include <system_error>
#include <unistd.h>

#include "runtimes/clock.hpp"

namespace skein::protocol {
namespace {

constexpr std::size_t chunk_bytes = std::size_t{64} * 1024;
constexpr int forever = -1;

[[noreturn]] void throw_errno(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// True when the descriptor is ready (or at its end, or broken: the next call shows which).
bool wait_ready(int fd, short events, int timeout_ms) {
  pollfd entry{fd, events, 0};
  const int ready = ::poll(&entry, 1, timeout_ms);
  if (ready < 0 && errno != EINTR) throw_errno("poll on the control channel");
  return ready > 0;
}

int milliseconds_left(time_ns deadline_ns) {
  const time_ns left_ns = std::max<time_ns>(deadline_ns - monotonic_clock::now_ns(), 0);
  return static_cast<int>((left_ns + ns_per_ms - 1) / ns_per_ms);
}

}  // namespace

std::optional<std::string> line_channel::read_line() {
  for (;;) {
    if (auto line = next_line()) return line;
    if (end_of_file_) return std::nullopt;
    if (wait_ready(read_fd_, POLLIN, forever)) take_in();
  }
}

std::optional<std::string> line_channel::read_line_for(int timeout_ms) {
  assert(timeout_ms >= 0);
  const time_ns deadline_ns = monotonic_clock::now_ns() + timeout_ms * ns_per_ms;
  for (;;) {
    if (auto line = next_line()) return line;
    if (end_of_file_) return std::nullopt;
    const int left_ms = milliseconds_left(deadline_ns);
    if (wait_ready(read_fd_, POLLIN, left_ms)) {
      take_in();
    } else if (left_ms == 0) {
      return std::nullopt;
    }
  }
}

bool line_channel::feed() {
  std::size_t taken = 0;
  while (!end_of_file_ && taken <= limit_bytes_ && wait_ready(read_fd_, POLLIN, 0)) {
    taken += take_in();
  }
  return !end_of_file_;
}

std::optional<std::string> line_channel::next_line() {
  const std::size_t newline = buffer_.find('\n', scanned_);
  if (newline != std::string::npos && newline - begin_ <= limit_bytes_) {
    std::string line = buffer_.substr(begin_, newline - begin_);
    begin_ = scanned_ = newline + 1;
    return line;
  }
  if (buffer_.size() - begin_ > limit_bytes_) {
    throw framing_error("the peer sent a line longer than " + std::to_string(limit_bytes_) +
                        " bytes; it does not speak this protocol");
  }
  scanned_ = buffer_.size();
  if (end_of_file_ && begin_ != buffer_.size()) {
    throw framing_error("the peer closed the channel in the middle of a line, after " +
                        std::to_string(buffer_.size() - begin_) + " bytes of it");
  }
  return std::nullopt;
}

void line_channel::write_line(std::string_view line) {
  assert(line.find('\n') == std::string_view::npos);
  std::string frame;
  frame.reserve(line.size() + 1);
  frame.append(line).push_back('\n');
  for (std::string_view rest = frame; !rest.empty();) {
    const ssize_t written = ::write(write_fd_, rest.data(), rest.size());
    if (written >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      wait_ready(write_fd_, POLLOUT, forever);
    } else if (errno != EINTR) {
      throw_errno("write to the control channel");
    }
  }
}

/// Makes one read(); call it when the descriptor is ready. Returns how many bytes came.
std::size_t line_channel::take_in() {
  drop_consumed();
  const std::size_t old_size = buffer_.size();
  buffer_.resize(old_size + chunk_bytes);
  const ssize_t got = ::read(read_fd_, buffer_.data() + old_size, chunk_bytes);
  const int error = errno;
  buffer_.resize(old_size + (got > 0 ? static_cast<std::size_t>(got) : 0));
  if (got > 0) return static_cast<std::size_t>(got);
  if (got == 0) {
    end_of_file_ = true;
  } else if (error != EINTR && error != EAGAIN) {
    errno = error;
    throw_errno("read from the control channel");
  }
  return 0;
}

void line_channel::drop_consumed() {
  buffer_.erase(0, begin_);
  scanned_ -= begin_;
  begin_ = 0;
}

}  // namespace skein::protocol
