// A read with a deadline in the poll style, of the read and the sleep of an executor, as others
// write it: the read is polled first, and a sleep begins only if that has to wait. Once the
// deadline has passed, the read looks once more: its executor may be late.
#pragma once

#include <optional>
#include <utility>

#include "runtimes/clock.hpp"
#include "runtimes/poll.hpp"
#include "runtimes/scheduler.hpp"

namespace skein {

/// Its output is nothing once the deadline has passed. `Reading` has look_again beside poll, which
/// asks the socket though nobody has said that something came.
template <pollable_of<bytes> Reading, pollable_of<wake> Sleeping>
class reading_until : pinned {
 public:
  using output = std::optional<bytes>;

  template <class Scheduler, class Connection>
  reading_until(Scheduler& on, Connection& from, time_ns deadline_ns)
      : read_(std::in_place, on, from), sleep_(std::in_place, on, deadline_ns) {}

  polled<output> poll(context& with) {
    if (const auto chunk = read_->poll(with)) {
      end();
      return polled<output>(std::in_place, *chunk);
    }
    if (!sleep_) return not_ready;
    const auto how = sleep_->poll(with);
    if (!how) return not_ready;
    sleep_.reset();
    if (*how == wake::cancelled) return not_ready;  // the scheduler stops, and ends the read, too
    const auto chunk = read_->look_again(with);
    end();
    return polled<output>(std::in_place, chunk);
  }

 private:
  void end() noexcept {
    read_.reset();
    sleep_.reset();
  }

  std::optional<Reading> read_;
  std::optional<Sleeping> sleep_;
};

}  // namespace skein
