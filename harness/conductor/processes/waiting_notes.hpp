// An occasional note of what is waited for, for whoever watches a long run. Leaves out when to look
// whether one is due: conversation.cpp, the one place where the conductor waits.
#pragma once

#include <limits>
#include <optional>
#include <string>

#include "runtimes/clock.hpp"

namespace skein::conductor {

class waiting_notes {
 public:
  /// The first note comes after `first_ns`, each later one after twice the time, up to a minute.
  explicit waiting_notes(time_ns first_ns = 5 * ns_per_s) : first_ns_(first_ns) {}

  /// What is waited for from now on, in words that follow "waiting for". Empty: print nothing,
  /// because printing would take time on the load generator's CPU in a measured window.
  void begin(std::string what, time_ns now_ns);

  /// When the next note is due; in the far future when none is.
  [[nodiscard]] time_ns due_ns() const noexcept { return due_ns_; }

  /// The note, if it is due, for a wait that ends by the deadline.
  std::optional<std::string> take(time_ns now_ns, time_ns deadline_ns);

 private:
  static constexpr time_ns never = std::numeric_limits<time_ns>::max();

  time_ns first_ns_;
  std::string what_;
  time_ns begin_ns_ = 0;
  time_ns due_ns_ = never;
};

}  // namespace skein::conductor
