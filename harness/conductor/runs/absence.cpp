#include "harness/conductor/runs/absence.hpp"

namespace skein::conductor {

measure::json to_json(const absence& away) {
  return {{"worker_ns", measure::or_null(away.worker_ns)},
          {"generator_ns", measure::or_null(away.generator_ns)},
          {"conductor_ns", measure::or_null(away.conductor_ns)}};
}

time_ns child_watch::total_ns() {
  return child_->stopped_ns() + throttled_.read_ns().value_or(0);
}

}  // namespace skein::conductor
