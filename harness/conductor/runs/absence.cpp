#include "harness/conductor/runs/absence.hpp"

namespace skein::conductor {

time_ns child_watch::total_ns() {
  return child_->stopped_ns() + throttled_.read_ns().value_or(0);
}

}  // namespace skein::conductor
