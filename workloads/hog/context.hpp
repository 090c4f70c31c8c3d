// What the timers of hog and its hog share: when each is due, and what they did. The task bodies
// call it the context. The hog writes its part alone, before it counts its unit; whoever sees the
// last unit sees that as well (tally.hpp).
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtimes/clock.hpp"
#include "runtimes/scheduler.hpp"
#include "workloads/hog/computation.hpp"
#include "workloads/hog/schedule.hpp"
#include "workloads/program.hpp"
#include "workloads/styles.hpp"
#include "workloads/timers/timer_counts.hpp"

namespace skein::hog {

template <timer_scheduler S>
class context {
 public:
  context(S& /*scheduler*/, const parameters& asked)
      : asked_(asked), computation_(asked), done_(units_of(asked)) {}

  /// Deadlines count from here, rounded up to the grid. Set before the first task is spawned.
  void set_epoch(time_ns epoch_ns) noexcept { epoch_ns_ = epoch_on_grid(epoch_ns); }

  // --- a timer: what the task bodies of the workload timers ask of their context

  std::uint64_t turns(std::size_t index) const noexcept { return turns_of(asked_, index); }
  time_ns due_ns(std::size_t index, std::uint64_t turn) const noexcept {
    return epoch_ns_ + offset_ns(asked_.seed, index, turn);
  }
  /// Timer `index` woke for wake number `turn`. Returns the number of its next wake, or
  /// turns(index) when it has no more.
  std::uint64_t woke(std::size_t index, std::uint64_t turn, time_ns now_ns, wake how) noexcept {
    if (how == wake::cancelled) return turns(index);
    const time_ns offset = offset_ns(asked_.seed, index, turn);
    done_.fired(index, offset, now_ns - (epoch_ns_ + offset));
    return turn + 1;
  }

  // --- the hog

  bool has_hog() const noexcept { return hog::has_hog(asked_); }
  time_ns begin_ns() const noexcept { return epoch_ns_ + hog::begin_ns(asked_); }
  /// Its sleep until then ended. False where the run was called off: it has nothing to do.
  bool begin(wake how) noexcept {
    begun_ns_ = monotonic_clock::now_ns();
    return how == wake::due;
  }
  /// Computes a slice. True while there is more: it yields, and computes on.
  bool compute() noexcept {
    if (!computation_.take_slice()) return false;
    ++yields_;
    return true;
  }
  /// Its work is done.
  void end() noexcept {
    took_ns_ = monotonic_clock::now_ns() - begun_ns_;
    done_.computed(computation_.outcome());
  }

  timers::timer_counts<workloads::tasks_of<S>>& progress() noexcept { return done_; }
  const timers::timer_counts<workloads::tasks_of<S>>& progress() const noexcept { return done_; }
  workloads::work_counts counts() const {
    workloads::work_counts so_far = done_.counts();
    if (has_hog() && done_.finished()) so_far.hog = {took_ns_, yields_};
    return so_far;
  }

 protected:
  computation& work() noexcept { return computation_; }

 private:
  const parameters asked_;
  time_ns epoch_ns_ = 0;
  computation computation_;
  time_ns begun_ns_ = 0;
  time_ns took_ns_ = 0;
  std::uint64_t yields_ = 0;
  timers::timer_counts<workloads::tasks_of<S>> done_;
};

/// How many threads the pool has: the hog is alone in it.
inline constexpr std::size_t pool_threads = 1;

/// The same, with the pool to which the hog hands its work.
template <scheduler S>
class offloading_context : public context<S> {
 public:
  offloading_context(S& scheduler, const parameters& asked)
      : context<S>(scheduler, asked), pool_(scheduler, pool_threads) {}

  /// The wait for the end of all its work.
  auto offload() noexcept { return pool_.template run<&computation::take_all>(this->work()); }

 private:
  typename S::offload_pool pool_;
};

}  // namespace skein::hog
