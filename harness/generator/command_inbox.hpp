// The channel to the conductor, and whether anybody is still at its other end: that may be another
// host, whose loss closes nothing here. Leaves out what commands mean (generator.cpp).
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "harness/measure/json.hpp"
#include "harness/protocol/line_channel.hpp"
#include "runtimes/clock.hpp"

namespace skein::generator {

using measure::json;

/// Commands in the order in which they came. For one thread.
///
/// 1. `alive` is answered here, whenever the channel is looked at, and is no command. From the
///    first one on the conductor must be heard of within the bound that it names.
/// 2. A conductor that never says it is taken to be there until the channel closes. But it must
///    have said something within ten minutes.
/// 3. `stop` is noticed while another command is carried out.
class command_inbox {
 public:
  /// Descriptors are borrowed.
  command_inbox(int command_fd, int reply_fd) : channel_(command_fd, reply_fd) {}

  /// Waits for the next command. Empty when the conductor has closed its end. Throws
  /// std::runtime_error when nothing was heard within the bound.
  std::optional<std::string> next();

  /// Takes in what has come. True when the present work should be abandoned: `stop` came, or the
  /// conductor is gone.
  bool interrupted();

  /// True once `stop` has come, whether next() has returned it or not.
  [[nodiscard]] bool stopping() const noexcept { return stopping_; }

  void reply(const json& message) { channel_.write_line(measure::to_text(message)); }

 private:
  void hear(std::string line);
  [[nodiscard]] time_ns left_ns() const;

  static constexpr time_ns first_word_ns = 600 * ns_per_s;

  protocol::line_channel channel_;
  std::deque<std::string> waiting_;
  time_ns heard_ns_ = monotonic_clock::now_ns();
  std::optional<time_ns> bound_ns_ = first_word_ns;  ///< empty: for ever
  bool watched_ = false;                             ///< the conductor has said `alive`
  bool stopping_ = false;
};

}  // namespace skein::generator
