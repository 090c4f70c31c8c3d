// What the tasks of relay share: a channel for each task, on which it waits for the token, and the
// count of hops. The task bodies call it the ring.
//
// Beside the tasks of the ring there is a starter. It lets the token go at the epoch, when all of
// them wait. When the hops are made it rests a while, so that the end of the tasks is in no window,
// and closes the channels, which ends them.
//
// The table of channels is reserved at once and touched channel by channel as tasks are spawned, so
// that it counts as memory of the tasks. The starter comes when all channels are there.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>

#include "runtimes/clock.hpp"
#include "runtimes/scheduler.hpp"
#include "workloads/progress.hpp"
#include "workloads/relay/token.hpp"
#include "workloads/styles.hpp"

namespace skein::relay {

template <sync_scheduler S>
class ring {
 public:
  using channel = typename S::template channel<std::uint64_t>;

  ring(S& scheduler, const parameters& asked)
      : asked_(asked),
        stride_(stride_of(asked)),
        progress_(static_cast<std::uint64_t>(asked.hops)),
        over_(scheduler),
        channels_(std::allocator<channel>().allocate(task_count(asked))) {}
  ring(const ring&) = delete;
  ring& operator=(const ring&) = delete;
  ~ring() {
    std::destroy_n(channels_, enrolled_);
    std::allocator<channel>().deallocate(channels_, task_count(asked_));
  }

  /// Makes the channel of the next task, before that task is spawned. True for the last one: now
  /// the starter may be spawned.
  bool enroll(S& scheduler) {
    ::new (static_cast<void*>(channels_ + enrolled_)) channel(scheduler, 1);
    return ++enrolled_ == task_count(asked_);
  }

  // --- a task of the ring

  channel& at(std::size_t index) noexcept { return channels_[index]; }
  channel& after(std::size_t index) noexcept {
    const std::size_t next = index + stride_;
    return channels_[next < task_count(asked_) ? next : next - task_count(asked_)];
  }

  /// Task `index` has got the token. What it hands on; none after the last hop.
  std::optional<std::uint64_t> hop(std::size_t index, std::uint64_t token) noexcept {
    const std::uint64_t mapped = step_of(index).of(token);
    if (!progress_.add_one()) return mapped;
    progress_.finish(mapped);
    over_.set();
    return std::nullopt;
  }

  // --- the starter

  void set_epoch(time_ns epoch_ns) noexcept { epoch_ns_ = epoch_ns; }
  time_ns epoch_ns() const noexcept { return epoch_ns_; }
  std::uint64_t token() const noexcept { return first_token(asked_); }
  auto over() noexcept { return over_.wait(); }
  static time_ns rested_ns() noexcept { return monotonic_clock::now_ns() + rest_ns; }
  void close() noexcept {
    for (std::size_t index = 0; index < enrolled_; ++index) channels_[index].close();
  }

  auto& progress() noexcept { return progress_; }
  const auto& progress() const noexcept { return progress_; }
  workloads::work_counts counts() const { return progress_.counts(); }

 private:
  /// Until the conductor has read the end of the window.
  static constexpr time_ns rest_ns = 50 * ns_per_ms;

  const parameters asked_;
  const std::size_t stride_;
  time_ns epoch_ns_ = 0;
  workloads::progress<workloads::tasks_of<S>> progress_;
  typename S::event over_;
  channel* channels_;  ///< the first enrolled_ of all are alive
  std::size_t enrolled_ = 0;
};

}  // namespace skein::relay
