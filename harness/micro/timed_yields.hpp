// A task that yields so many times under the watch, in each style but callbacks, whose state the
// rows keep themselves. For the rows of yielding and of depth.
#pragma once

#include <cstddef>
#include <optional>

#include "harness/micro/bench.hpp"
#include "runtimes/scheduler.hpp"

namespace skein::micro {

/// Of one batch. Each task's first yield is not counted: the watch runs from its end to that of the
/// last.
struct timed_yields {
  stopwatch& watch;
  std::size_t count;
  std::size_t finished = 0;  ///< tasks
};

template <coroutine_scheduler S>
typename S::task yield_timed(S& on, timed_yields& all) {
  co_await on.yield();
  all.watch.start();
  for (std::size_t i = 0; i < all.count; ++i) co_await on.yield();
  all.watch.stop();
  ++all.finished;
}

template <direct_scheduler S>
void yield_timed(S& on, timed_yields& all) {
  on.yield();
  all.watch.start();
  for (std::size_t i = 0; i < all.count; ++i) on.yield();
  all.watch.stop();
  ++all.finished;
}

/// `Timed`: whether it has the watch. One that has not yields as often.
template <poll_scheduler S, bool Timed = true>
class yields_future : pinned {
 public:
  using output = nothing;

  yields_future(S& on, timed_yields& all) : on_(on), all_(all) { yields_.emplace(on); }

  polled<nothing> poll(context& with) {
    while (yields_->poll(with)) {
      if (Timed && yielded_ == 0) all_.watch.start();
      if (yielded_ == all_.count) {
        if (Timed) all_.watch.stop();
        ++all_.finished;
        return nothing{};
      }
      ++yielded_;
      yields_.emplace(on_);
    }
    return not_ready;
  }

 private:
  S& on_;
  timed_yields& all_;
  std::size_t yielded_ = 0;
  std::optional<typename S::yielding> yields_;
};

}  // namespace skein::micro
