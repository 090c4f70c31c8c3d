// A word now and then about what is waited for, to whoever watches a run that takes long. Leaves
// out when it is looked at: conversation.cpp, the one place where the conductor waits.
#pragma once

#include <limits>
#include <optional>
#include <string>

#include "runtimes/clock.hpp"

namespace skein::conductor {

class waiting_notes {
 public:
  /// The first word comes after so long, each later one after twice as long, up to a minute.
  explicit waiting_notes(time_ns first_ns = 5 * ns_per_s) : first_ns_(first_ns) {}

  /// What is waited for from now on, in words that follow "waiting for". Empty: say nothing,
  /// because a word would take its time on the load generator's CPU, in a window that is measured.
  void begin(std::string what, time_ns now_ns);

  /// When the next word is due; in the far future when none is.
  [[nodiscard]] time_ns due_ns() const noexcept { return due_ns_; }

  /// The word, where it is due, of a wait that ends by then.
  std::optional<std::string> take(time_ns now_ns, time_ns deadline_ns);

 private:
  static constexpr time_ns never = std::numeric_limits<time_ns>::max();

  time_ns first_ns_;
  std::string what_;
  time_ns begin_ns_ = 0;
  time_ns due_ns_ = never;
};

}  // namespace skein::conductor
