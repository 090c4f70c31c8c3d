// Lines of text over a pair of descriptors, which conductor, worker and generator use to talk. Only
// the framing is here: a message is one line ended by '\n'. Leaves out what a line means (JSON,
// message types) and who closes the descriptors (their owner; a channel only borrows them).
#pragma once

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace skein::protocol {

/// The longest line either side accepts: far above any message of the protocol (a result with its
/// histograms is some hundred KiB), and small enough that a faulty peer cannot make us store too
/// much.
inline constexpr std::size_t max_line_bytes = std::size_t{16} * 1024 * 1024;

/// The peer broke the framing: a line longer than the limit, or an end in the middle of a line.
class framing_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A buffered line reader over one descriptor and a line writer over another.
///
/// 1. Descriptors are borrowed: never closed, their flags never changed. Blocking and non-blocking
///    ones both work, because readiness is asked of poll() and not of O_NONBLOCK.
/// 2. There are two ways to read, which may be mixed. `read_line()` blocks until a line is whole.
///    `feed()` takes in what is available now; then `next_line()` returns the lines one by one.
/// 3. Every line that was read before an end of file or a broken frame is still returned. The error
///    is thrown by the `next_line()` or `read_line()` after them.
/// 4. Not thread-safe. A read error is a std::system_error, a broken frame a framing_error.
/// 5. Writing to a peer that is gone raises SIGPIPE, as any write does. A process that owns a
///    channel ignores that signal and gets a std::system_error (EPIPE) instead.
class line_channel {
 public:
  /// @param read_fd, write_fd  borrowed descriptors; -1 for a direction that is not used
  /// @param limit_bytes        the longest line to accept, '\n' not counted
  line_channel(int read_fd, int write_fd, std::size_t limit_bytes = max_line_bytes) noexcept
      : read_fd_(read_fd), write_fd_(write_fd), limit_bytes_(limit_bytes) {}

  /// Blocks until there is a whole line and returns it without its '\n'; nullopt at end of file.
  std::optional<std::string> read_line();

  /// As read_line(), but gives up after `timeout_ms` milliseconds (0: only what is available now)
  /// and then returns nullopt with ended() still false.
  std::optional<std::string> read_line_for(int timeout_ms);

  /// Takes in what can be read without blocking. False once the peer has closed its end. Reads at
  /// most one line limit's worth a call, so a peer that never pauses cannot block it.
  bool feed();

  /// The next whole line taken in so far, or nullopt if there is none yet.
  std::optional<std::string> next_line();

  /// True once the peer has closed its end and all its lines have been returned.
  [[nodiscard]] bool ended() const noexcept { return end_of_file_ && begin_ == buffer_.size(); }

  /// Writes the line and a '\n', all of it, blocking where the peer is slow.
  /// `line` contains no '\n' (asserted).
  void write_line(std::string_view line);

  [[nodiscard]] int read_fd() const noexcept { return read_fd_; }
  [[nodiscard]] int write_fd() const noexcept { return write_fd_; }

 private:
  std::size_t take_in();
  void drop_consumed();

  int read_fd_;
  int write_fd_;
  std::size_t limit_bytes_;
  std::string buffer_;
  std::size_t begin_ = 0;    // first byte not yet returned
  std::size_t scanned_ = 0;  // no '\n' in [begin_, scanned_)
  bool end_of_file_ = false;
};

}  // namespace skein::protocol
