// The tasks of contention in the poll style: one that wants the mutex, the holder, and one that
// wants a mutex that blocks its thread. Each is the state machine that a compiler makes of an async
// function.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <variant>

#include "runtimes/scheduler.hpp"
#include "workloads/contention/blocking_context.hpp"
#include "workloads/contention/context.hpp"

namespace skein::contention {

template <poll_scheduler S>
class contend_future : pinned {
 public:
  using output = nothing;

  contend_future(S& scheduler, contention::context<S>& shared, std::size_t index)
      : scheduler_(scheduler),
        shared_(shared),
        index_(index),
        since_(shared.handed_over()),
        waits_(std::in_place_type<locking>, scheduler, shared.lock()) {}

  polled<nothing> poll(skein::context& with) {
    while (true) {
      if (auto* const lock = std::get_if<locking>(&waits_)) {
        const auto locked = lock->poll(with);
        if (!locked) return not_ready;
        if (!*locked || !shared_.taken(index_, since_)) return nothing{};
        waits_.template emplace<yielding>(scheduler_);
      }
      if (!std::get<yielding>(waits_).poll(with)) return not_ready;
      shared_.release(index_);
      if (++turn_ == shared_.locks()) return nothing{};
      since_ = shared_.handed_over();
      waits_.template emplace<locking>(scheduler_, shared_.lock());
    }
  }

 private:
  using locking = typename S::template waiting<typename S::mutex::locking>;
  using yielding = typename S::yielding;

  S& scheduler_;
  contention::context<S>& shared_;
  std::size_t index_;
  std::uint64_t turn_ = 0;
  std::uint64_t since_;
  std::variant<locking, yielding> waits_;
};

template <poll_scheduler S>
class hold_future : pinned {
 public:
  using output = nothing;

  hold_future(S& scheduler, contention::context<S>& shared)
      : scheduler_(scheduler),
        shared_(shared),
        waits_(std::in_place_index<until_locked>, scheduler, shared.lock()) {}

  polled<nothing> poll(skein::context& with) {
    if (auto* const lock = std::get_if<until_locked>(&waits_)) {
      const auto locked = lock->poll(with);
      if (!locked) return not_ready;
      if (!*locked) return nothing{};
      waits_.template emplace<until_all_there>(scheduler_, shared_.all_there());
    }
    if (auto* const there = std::get_if<until_all_there>(&waits_)) {
      if (!there->poll(with)) return not_ready;
      waits_.template emplace<until_epoch>(scheduler_, shared_.epoch_ns());
    }
    const auto how = std::get<until_epoch>(waits_).poll(with);
    if (!how) return not_ready;
    shared_.begin(*how);
    return nothing{};
  }

 private:
  enum state : std::size_t { until_locked, until_all_there, until_epoch };

  using locking = typename S::template waiting<typename S::mutex::locking>;
  using awaiting = typename S::template waiting<typename S::event::awaiting>;

  S& scheduler_;
  contention::context<S>& shared_;
  std::variant<locking, awaiting, typename S::sleeping> waits_;
};

template <poll_timers S>
class contend_blocking_future : pinned {
 public:
  using output = nothing;

  contend_blocking_future(S& scheduler, blocking_context<S>& shared, std::size_t index)
      : scheduler_(scheduler),
        shared_(shared),
        index_(index),
        waits_(std::in_place_type<sleeping>, scheduler, shared.epoch_ns()) {}

  polled<nothing> poll(skein::context& with) {
    while (true) {
      if (auto* const sleep = std::get_if<sleeping>(&waits_)) {
        const auto how = sleep->poll(with);
        if (!how) return not_ready;
        if (*how == wake::cancelled) return nothing{};
      } else {
        if (!std::get<yielding>(waits_).poll(with)) return not_ready;
        if (!shared_.release(index_, turn_++)) return nothing{};
      }
      if (turn_ == shared_.locks() || !shared_.lock(index_)) return nothing{};
      waits_.template emplace<yielding>(scheduler_);
    }
  }

 private:
  using sleeping = typename S::sleeping;
  using yielding = typename S::yielding;

  S& scheduler_;
  blocking_context<S>& shared_;
  std::size_t index_;
  std::uint64_t turn_ = 0;
  std::variant<sleeping, yielding> waits_;
};

/// Spawns task number `index`. `shared` must outlive it.
template <poll_scheduler S>
void spawn_task(S& scheduler, contention::context<S>& shared, std::size_t index) {
  scheduler.template spawn<contend_future<S>>(scheduler, shared, index);
}
template <poll_timers S>
void spawn_task(S& scheduler, blocking_context<S>& shared, std::size_t index) {
  scheduler.template spawn<contend_blocking_future<S>>(scheduler, shared, index);
}
template <poll_scheduler S>
void spawn_holder(S& scheduler, contention::context<S>& shared) {
  scheduler.template spawn<hold_future<S>>(scheduler, shared);
}

}  // namespace skein::contention
