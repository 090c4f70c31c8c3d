// What is measured of one load: the latencies of the requests meant for the window, and how well
// the generator itself kept up. Leaves out when the window begins and ends (load.hpp).
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>

#include "harness/generator/requests.hpp"
#include "harness/generator/slices.hpp"
#include "histogram/histogram.hpp"
#include "runtimes/clock.hpp"

namespace skein::generator {

/// A request belongs to the window when its *intended* time does, whenever it is sent or completes;
/// the histograms, `sent`, `completed` and lateness are about those requests. `units` and the
/// generator's own counters are about what happened between the two ends of the window. For one
/// thread.
class window {
 public:
  /// @param expected_ns  the window's expected length, for allocation; 0 if not known
  explicit window(time_ns expected_ns) : slices_(expected_ns) {}

  void begin(time_ns now);
  /// Ends it `now`; requests intended at `limit_ns` or later do not exist.
  void end(time_ns now, time_ns limit_ns);
  [[nodiscard]] bool has_begun() const noexcept { return begin_ns_ != never; }
  [[nodiscard]] bool is_open() const noexcept { return has_begun() && end_ns_ == never; }
  [[nodiscard]] bool contains(const request& which) const noexcept {
    return which.intended_ns >= begin_ns_;
  }

  /// The functions below are called for every request and ignore those outside the window.
  ///
  /// The generator takes up a request at `now`. Its lateness so far is the generator's own doing;
  /// if the connection then has no room for the request, that is the server's.
  void on_issued(time_ns intended_ns, time_ns now) noexcept;
  /// Requests that were meant to be sent, and were never taken up.
  void on_missed(time_ns intended_ns, std::uint64_t count) noexcept;
  void on_outstanding(std::uint64_t outstanding) noexcept;
  void on_sent(const request& sent) noexcept;
  void on_reply(const request& done, time_ns now);
  /// The load has read its clock. It does so between any two pieces of work, from the window's
  /// begin to the last reply, and the longest piece (exchange.cpp) takes less than `away_limit_ns`.
  /// So a longer gap is time in which something kept the generator from running.
  void on_look(time_ns now) noexcept {
    if (has_begun() && now - looked_ns_ > away_limit_ns) away_ns_ += now - looked_ns_;
    looked_ns_ = now;
  }
  static constexpr time_ns away_limit_ns = ns_per_ms;
  /// A turn of the loop is over. `idle`: nothing was due and nothing had come.
  void on_turn(bool idle, time_ns duration_ns) noexcept;

  [[nodiscard]] time_ns begin_ns() const noexcept { return begin_ns_; }
  [[nodiscard]] time_ns duration_ns() const noexcept { return end_ns_ - begin_ns_; }
  /// How long requests were scheduled for: the duration without the loop's delay in noticing the
  /// end.
  [[nodiscard]] time_ns offered_ns() const noexcept { return limit_ns_ - begin_ns_; }
  [[nodiscard]] std::uint64_t units() const noexcept { return units_; }
  [[nodiscard]] std::uint64_t scheduled() const noexcept { return scheduled_; }
  [[nodiscard]] std::uint64_t sent() const noexcept { return sent_; }
  [[nodiscard]] std::uint64_t completed() const noexcept { return completed_; }
  [[nodiscard]] std::uint64_t late_50us() const noexcept { return late_50us_; }
  [[nodiscard]] std::uint64_t inflight_max() const noexcept { return inflight_max_; }
  /// How long the generator could not read its clock: the sum of all gaps above away_limit_ns.
  [[nodiscard]] time_ns away_ns() const noexcept { return away_ns_; }
  [[nodiscard]] time_ns cpu_ns() const noexcept { return cpu_end_ns_ - cpu_begin_ns_; }
  /// CPU time less that of idle turns: what the load costs, without waiting for work. Empty where
  /// idle turns took longer than the CPU time the thread got: then the CPU was shared, and the cost
  /// is not known.
  [[nodiscard]] std::optional<time_ns> work_ns() const noexcept {
    const time_ns left_ns = cpu_ns() - idle_ns_;
    return left_ns > 0 ? std::optional(left_ns) : std::nullopt;
  }
  [[nodiscard]] const histogram& latency() const noexcept { return latency_; }
  [[nodiscard]] const histogram& service_time() const noexcept { return service_; }
  [[nodiscard]] const histogram& lateness() const noexcept { return lateness_; }
  [[nodiscard]] const slice_series& slices() const noexcept { return slices_; }

 private:
  static constexpr time_ns never = std::numeric_limits<time_ns>::max();

  time_ns begin_ns_ = never;
  time_ns end_ns_ = never;
  time_ns limit_ns_ = never;
  time_ns cpu_begin_ns_ = 0;
  time_ns cpu_end_ns_ = 0;
  std::uint64_t units_ = 0;
  std::uint64_t scheduled_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t completed_ = 0;
  std::uint64_t late_50us_ = 0;
  std::uint64_t inflight_max_ = 0;
  time_ns idle_ns_ = 0;
  time_ns looked_ns_ = 0;
  time_ns away_ns_ = 0;
  histogram latency_;   ///< receive - intended
  histogram service_;   ///< receive - sent
  histogram lateness_;  ///< taken up - intended
  slice_series slices_;
};

}  // namespace skein::generator
