#include "harness/conductor/processes/waiting_notes.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace skein::conductor {
namespace {

double seconds(time_ns duration_ns) {
  return static_cast<double>(duration_ns) / static_cast<double>(ns_per_s);
}

}  // namespace

void waiting_notes::begin(std::string what, time_ns now_ns) {
  what_ = std::move(what);
  begin_ns_ = now_ns;
  due_ns_ = what_.empty() ? never : now_ns + first_ns_;
}

std::optional<std::string> waiting_notes::take(time_ns now_ns, time_ns deadline_ns) {
  if (now_ns < due_ns_) return std::nullopt;
  const time_ns passed_ns = now_ns - begin_ns_;
  due_ns_ = now_ns + std::min(passed_ns, 60 * ns_per_s);
  return fmt::format("waiting for {}: {:.0f} s so far, at most {:.0f} s more", what_,
                     seconds(passed_ns), std::max(seconds(deadline_ns - now_ns), 0.0));
}

}  // namespace skein::conductor
