// Counting, and the generator's own CPU clock.
#include "harness/generator/window.hpp"

#include <ctime>

namespace skein::generator {
namespace {

constexpr time_ns late_limit_ns = 50 * ns_per_us;
/// An idle turn takes about a microsecond. A much longer one was interrupted, and the rest of its
/// time belongs to whatever interrupted it.
constexpr time_ns idle_turn_limit_ns = 50 * ns_per_us;

time_ns thread_cpu_ns() noexcept {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<time_ns>(used.tv_sec) * ns_per_s + used.tv_nsec;
}

}  // namespace

void window::begin(time_ns now) {
  cpu_begin_ns_ = thread_cpu_ns();
  begin_ns_ = looked_ns_ = now;
}

void window::end(time_ns now, time_ns limit_ns) {
  cpu_end_ns_ = thread_cpu_ns();
  end_ns_ = now;
  limit_ns_ = limit_ns;
}

void window::on_issued(time_ns intended_ns, time_ns now) noexcept {
  if (intended_ns < begin_ns_) return;
  const time_ns late_ns = now - intended_ns;
  ++scheduled_;
  if (late_ns > late_limit_ns) ++late_50us_;
  lateness_.record(late_ns);
}

void window::on_missed(time_ns intended_ns, std::uint64_t count) noexcept {
  if (intended_ns >= begin_ns_) scheduled_ += count;
}

void window::on_outstanding(std::uint64_t outstanding) noexcept {
  if (is_open()) inflight_max_ = std::max(inflight_max_, outstanding);
}

void window::on_sent(const request& sent) noexcept {
  if (contains(sent)) ++sent_;
}

void window::on_reply(const request& done, time_ns now) {
  if (is_open()) ++units_;
  if (!contains(done)) return;
  ++completed_;
  latency_.record(now - done.intended_ns);
  service_.record(now - done.sent_ns);
  slices_.record(done.intended_ns - begin_ns_, now - done.intended_ns);
}

void window::on_turn(bool idle, time_ns duration_ns) noexcept {
  if (idle && is_open()) idle_ns_ += std::min(duration_ns, idle_turn_limit_ns);
}

}  // namespace skein::generator
