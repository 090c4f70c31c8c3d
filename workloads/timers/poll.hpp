// The tasks of timers in the poll style: one that sleeps once, one that wakes again and again, one
// that waits with a timeout, and the one that cancels. Each is the state machine that a compiler
// makes of an async function.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>

#include "runtimes/clock.hpp"
#include "runtimes/scheduler.hpp"
#include "workloads/timers/sleepers.hpp"
#include "workloads/timers/timeouts.hpp"
#include "workloads/timers/wakers.hpp"

namespace skein::timers {

template <poll_timers S, class Context>
class sleep_once_future : pinned {
 public:
  using output = nothing;

  sleep_once_future(S& scheduler, Context& shared, std::size_t index)
      : context_(shared), index_(index), sleep_(scheduler, shared.due_ns(index)) {}

  polled<nothing> poll(context& with) {
    const auto how = sleep_.poll(with);
    if (!how) return not_ready;
    context_.fired(index_, monotonic_clock::now_ns(), *how);
    return nothing{};
  }

 private:
  Context& context_;
  std::size_t index_;
  typename S::sleeping sleep_;
};

template <poll_timers S, class Context>
class wake_again_future : pinned {
 public:
  using output = nothing;

  wake_again_future(S& scheduler, Context& shared, std::size_t index) noexcept
      : scheduler_(scheduler), context_(shared), index_(index) {}

  polled<nothing> poll(context& with) {
    while (turn_ < context_.turns(index_)) {
      if (!sleep_) sleep_.emplace(scheduler_, context_.due_ns(index_, turn_));
      const auto how = sleep_->poll(with);
      if (!how) return not_ready;
      turn_ = context_.woke(index_, turn_, monotonic_clock::now_ns(), *how);
      sleep_.reset();
    }
    return nothing{};
  }

 private:
  S& scheduler_;
  Context& context_;
  std::size_t index_;
  std::uint64_t turn_ = 0;
  std::optional<typename S::sleeping> sleep_;
};

template <poll_timers S, class Context>
class wait_with_timeout_future : pinned {
 public:
  using output = nothing;

  wait_with_timeout_future(S& scheduler, Context& shared, std::size_t index) noexcept
      : scheduler_(scheduler), context_(shared), index_(index) {}

  polled<nothing> poll(context& with) {
    while (round_ < churn_rounds) {
      if (!sleep_) {
        sleep_.emplace(scheduler_, context_.timer(index_), context_.due_ns(index_, round_));
      }
      const auto how = sleep_->poll(with);
      if (!how) return not_ready;
      sleep_.reset();
      round_ = context_.ended(index_, round_, monotonic_clock::now_ns(), *how);
    }
    return nothing{};
  }

 private:
  S& scheduler_;
  Context& context_;
  std::size_t index_;
  std::uint32_t round_ = 0;
  std::optional<typename S::sleeping_on> sleep_;
};

template <poll_timers S, class Context>
class cancel_in_time_future : pinned {
 public:
  using output = nothing;

  cancel_in_time_future(S& scheduler, Context& shared, std::size_t index) noexcept
      : scheduler_(scheduler), context_(shared), index_(index) {}

  polled<nothing> poll(context& with) {
    while (true) {
      if (std::holds_alternative<std::monostate>(waits_)) {
        if (round_ == churn_rounds) return nothing{};
        waits_.template emplace<sleeping>(scheduler_, context_.end_ns(index_, round_));
      }
      if (auto* sleep = std::get_if<sleeping>(&waits_)) {
        const auto how = sleep->poll(with);
        if (!how) return not_ready;
        if (*how == wake::cancelled) return nothing{};
      } else if (!std::get<yielding>(waits_).poll(with)) {
        return not_ready;
      }
      if (context_.cancel_round(scheduler_, index_, round_)) {
        waits_.template emplace<yielding>(scheduler_);
      } else {
        ++round_;
        waits_.template emplace<std::monostate>();
      }
    }
  }

 private:
  using sleeping = typename S::sleeping;
  using yielding = typename S::yielding;

  S& scheduler_;
  Context& context_;
  std::size_t index_;
  std::uint32_t round_ = 0;
  std::variant<std::monostate, sleeping, yielding> waits_;
};

/// Spawns task number `index`. `context` must outlive it.
template <poll_timers S, class Context>
void spawn_sleeper(S& scheduler, Context& context, std::size_t index) {
  scheduler.template spawn<sleep_once_future<S, Context>>(scheduler, context, index);
}

/// The same for each pattern's context.
template <poll_timers S, workloads::tasks_on Threads>
void spawn_task(S& scheduler, sleepers<Threads>& context, std::size_t index) {
  spawn_sleeper(scheduler, context, index);
}
template <poll_timers S, workloads::tasks_on Threads>
void spawn_task(S& scheduler, wakers<Threads>& context, std::size_t index) {
  scheduler.template spawn<wake_again_future<S, wakers<Threads>>>(scheduler, context, index);
}
template <poll_timers S, workloads::tasks_on Threads>
void spawn_task(S& scheduler, timeouts<typename S::timer, Threads>& context, std::size_t index) {
  using shared = timeouts<typename S::timer, Threads>;
  if (context.enroll(index)) {
    scheduler.template spawn<cancel_in_time_future<S, shared>>(scheduler, context, index);
  } else {
    scheduler.template spawn<wait_with_timeout_future<S, shared>>(scheduler, context, index);
  }
}

}  // namespace skein::timers
