// timers without an interface. Where all deadlines are known from the start: a sorted table. Where
// timers are armed again and again: a heap, and a list for timeouts. Both use one timerfd and no
// tasks. What a task would know (how often it woke, which round it is in) is a number in a table.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "runtimes/epoll_floor/timer_heap.hpp"
#include "runtimes/epoll_floor/timer_table.hpp"
#include "workloads/program.hpp"
#include "workloads/timers/schedule.hpp"
#include "workloads/timers/sleepers.hpp"
#include "workloads/timers/wakers.hpp"

namespace skein::timers {

/// Patterns spread and storm.
class floor_sleepers {
 public:
  explicit floor_sleepers(const parameters& asked) : sleepers_(asked), table_(sleepers_) {}

  void set_epoch(time_ns epoch_ns) noexcept { sleepers_.set_epoch(epoch_ns); }
  void add(std::size_t index) { table_.add(index); }
  void run(inbox& messages) { table_.run(messages); }
  void stop() noexcept { table_.stop(); }
  live_counts live() const noexcept { return table_.live(); }
  auto& done() noexcept { return sleepers_.done(); }
  const auto& done() const noexcept { return sleepers_.done(); }

 private:
  using context = sleepers<workloads::tasks_on::one_thread>;

  context sleepers_;
  epoll_floor::timer_table<context> table_;
};

/// Pattern periodic.
class floor_wakers {
 public:
  explicit floor_wakers(const parameters& asked) : wakers_(asked), heap_(*this, task_count(asked)) {
    turns_.reserve(task_count(asked));
  }

  void set_epoch(time_ns epoch_ns) noexcept { wakers_.set_epoch(epoch_ns); }
  void add(std::size_t index) {
    ++live_;
    turns_.push_back(0);
    heap_.arm(index, wakers_.due_ns(index, 0));
  }
  void run(inbox& messages) {
    heap_.run(messages);
    live_ = 0;
  }
  void stop() noexcept { heap_.stop(); }
  live_counts live() const noexcept { return {live_, 0}; }
  auto& done() noexcept { return wakers_.done(); }
  const auto& done() const noexcept { return wakers_.done(); }

  void fired(std::size_t index, time_ns now_ns) {
    std::uint64_t& turn = turns_[index];
    turn = wakers_.woke(index, turn, now_ns, wake::due);
    if (turn < wakers_.turns(index)) return heap_.arm(index, wakers_.due_ns(index, turn));
    --live_;
  }
  void timed_out(std::size_t) noexcept {}

 private:
  wakers<workloads::tasks_on::one_thread> wakers_;
  epoll_floor::timer_heap<floor_wakers> heap_;
  std::vector<std::uint64_t> turns_;  ///< by task: how often it has woken
  std::size_t live_ = 0;
};

/// Pattern churn. A canceller's beat is a timer like any other; each timer that it cancels is
/// unlinked and armed again at once.
class floor_timeouts {
 public:
  explicit floor_timeouts(const parameters& asked)
      : asked_(asked), counts_(expected(asked).units), heap_(*this, task_count(asked)) {
    rounds_.reserve(task_count(asked));
  }

  void set_epoch(time_ns epoch_ns) noexcept { epoch_ns_ = epoch_on_grid(asked_, epoch_ns); }
  void add(std::size_t index) {
    ++live_;
    rounds_.push_back(0);
    arm(index);
  }
  void run(inbox& messages) {
    heap_.run(messages);
    live_ = 0;
  }
  void stop() noexcept { heap_.stop(); }
  live_counts live() const noexcept { return {live_, 0}; }
  auto& done() noexcept { return counts_; }
  const auto& done() const noexcept { return counts_; }

  void fired(std::size_t index, time_ns now_ns) {
    if (is_canceller(asked_, index)) {
      cancel_group(index);
    } else {
      const time_ns offset = churn_fire_ns(asked_, index, rounds_[index]);
      counts_.fired(index, offset, now_ns - (epoch_ns_ + offset));
    }
    next_round(index);
  }
  void timed_out(std::size_t index) {
    counts_.wrong();
    next_round(index);
  }

 private:
  void arm(std::size_t index) {
    const std::uint32_t round = rounds_[index];
    if (is_canceller(asked_, index)) {
      return heap_.arm(index, epoch_ns_ + beat_ns(asked_, index, round + 1));
    }
    if (left_to_fire(asked_, index, round)) {
      return heap_.arm(index, epoch_ns_ + churn_fire_ns(asked_, index, round));
    }
    const time_ns from_ns = std::max(monotonic_clock::now_ns(), epoch_ns_);
    heap_.arm_timeout(index, from_ns + asked_.window_ns + churn_timeout_ns);
  }

  void next_round(std::size_t index) {
    if (++rounds_[index] < churn_rounds) return arm(index);
    --live_;
  }

  /// Timers that were to fire in this round were due before the beat, so they have fired by now.
  void cancel_group(std::size_t canceller) {
    const std::uint32_t round = rounds_[canceller];
    for (std::size_t index = group_begin(canceller); index < canceller; ++index) {
      if (left_to_fire(asked_, index, round)) continue;
      heap_.cancel_timeout(index);
      counts_.cancelled(index, round);
      next_round(index);
    }
  }

  const parameters asked_;
  time_ns epoch_ns_ = 0;
  timer_counts<workloads::tasks_on::one_thread> counts_;
  epoll_floor::timer_heap<floor_timeouts> heap_;
  std::vector<std::uint32_t> rounds_;  ///< by task: how many of its rounds are over
  std::size_t live_ = 0;
};

/// timers as a program on one of the above.
template <class Floor>
class floor_program final : public workloads::program {
 public:
  explicit floor_program(const parameters& asked) : floor_(asked) {}

  void run(inbox& messages) override { floor_.run(messages); }
  void stop() override { floor_.stop(); }
  void spawn_up_to(std::size_t tasks, time_ns epoch_ns) override {
    if (spawned_ == 0) floor_.set_epoch(epoch_ns);
    for (; spawned_ < tasks; ++spawned_) floor_.add(spawned_);
  }
  bool finished() const override { return floor_.done().finished(); }
  void on_finished(void (*notify)(void*), void* argument) override {
    floor_.done().on_finished(notify, argument);
  }
  workloads::work_counts counts() const override { return floor_.done().counts(); }
  live_counts live() const override { return floor_.live(); }
  const histogram* lateness() const override { return &floor_.done().lateness(); }

 private:
  Floor floor_;
  std::size_t spawned_ = 0;
};

}  // namespace skein::timers
