// A load that several generators send at once, each its part. Each has a window of its own, by its
// own clock. What they have in common lies between the last begin and the first end, as the
// conductor hears of them; one generator's window is its own. Leaves out who sends which part
// (load_generators.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/conductor/processes/conversation.hpp"
#include "harness/protocol/load_report.hpp"

namespace skein::conductor {

/// Of 16 hex digits. Throws std::invalid_argument.
std::uint64_t number_of(const std::string& checksum);

/// Both together; the second alone where there is no first.
measure::distribution merged(const std::optional<measure::distribution>& sum,
                             const measure::distribution& more);

/// The generator's next message, which must be the `result` of its load. Throws cell_ended.
protocol::load_report expect_report(conversation& talk, child_process& generator);

/// The reports of generators that worked at the same time, as one: counts add up, histograms are
/// merged, and of what tells how well a generator did the worst counts. Operations are those of
/// `common_ns`, the part of each window (`lengths_ns`) that all have in common. One report stays as
/// it is. Slices cannot be merged, so several reports have none.
protocol::load_report joined(const std::vector<protocol::load_report>& reports,
                             const std::vector<time_ns>& lengths_ns, time_ns common_ns);

/// The calls are made in this order, after each generator was told its load.
class joint_load {
 public:
  joint_load(conversation& talk, std::vector<child_process*> generators)
      : talk_(talk), generators_(std::move(generators)) {}

  /// Returns once the last window has begun.
  void await_begin();
  /// Returns once the first has ended.
  void await_end();
  /// Of the longest warm-up.
  [[nodiscard]] time_ns warmup_ns() const noexcept { return warmup_ns_; }
  /// Waits for the other windows' ends, too. What they have in common; 0 if that is nothing.
  time_ns window_ns();
  /// The least part that it is of any of them.
  [[nodiscard]] double common_fraction() const;
  /// Waits for all reports.
  protocol::load_report await_report();

 private:
  conversation& talk_;
  std::vector<child_process*> generators_;
  std::vector<std::optional<time_ns>> ended_;  ///< the lengths that are known, by generator
  std::vector<time_ns> lengths_ns_;
  time_ns warmup_ns_ = 0;
  time_ns begun_ns_ = 0;
  time_ns first_end_ns_ = 0;
  time_ns common_ns_ = 0;
};

}  // namespace skein::conductor
