// The tasks of cancel in the poll style: one that sleeps, one for the other waits, and the
// canceller. Each is the state machine that a compiler makes of an async function.
#pragma once

#include <cstddef>
#include <utility>
#include <variant>

#include "runtimes/scheduler.hpp"
#include "workloads/cancel/context.hpp"

namespace skein::cancel {

/// `Waiting`: the future of its one wait, made of what is passed behind the index.
template <poll_scheduler S, class Waiting>
class wait_future : pinned {
 public:
  using output = nothing;

  template <class... Given>
  wait_future(S& scheduler, cancel::context<S>& shared, std::size_t index, Given&&... given)
      : shared_(shared), index_(index), wait_(scheduler, std::forward<Given>(given)...) {}

  polled<nothing> poll(skein::context& with) {
    const auto how = wait_.poll(with);
    if (!how) return not_ready;
    shared_.ended(index_, *how);
    return nothing{};
  }

 private:
  cancel::context<S>& shared_;
  std::size_t index_;
  Waiting wait_;
};

template <poll_scheduler S>
class cancel_future : pinned {
 public:
  using output = nothing;

  cancel_future(S& scheduler, cancel::context<S>& shared)
      : scheduler_(scheduler),
        shared_(shared),
        waits_(std::in_place_index<until_locked>, scheduler, shared.lock()) {}

  polled<nothing> poll(skein::context& with) {
    while (true) {
      switch (waits_.index()) {
        case until_locked: {
          const auto locked = std::get<until_locked>(waits_).poll(with);
          if (!locked) return not_ready;
          locked_ = *locked;
          waits_.template emplace<until_all_there>(scheduler_, shared_.all_there());
          break;
        }
        case until_all_there:
          if (!std::get<until_all_there>(waits_).poll(with)) return not_ready;
          waits_.template emplace<until_rested>(scheduler_, shared_.epoch_ns());
          break;
        case until_rested: {
          const auto how = std::get<until_rested>(waits_).poll(with);
          if (!how) return not_ready;
          if (*how == wake::due && shared_.cancel_all(scheduler_)) {
            waits_.template emplace<until_rested>(scheduler_, shared_.rested_ns());
          } else {
            waits_.template emplace<until_over>(scheduler_, shared_.over());
          }
          break;
        }
        default:
          if (!std::get<until_over>(waits_).poll(with)) return not_ready;
          if (locked_) shared_.unlock();
          return nothing{};
      }
    }
  }

 private:
  enum state : std::size_t { until_locked, until_all_there, until_rested, until_over };

  using locking = typename S::template waiting<typename S::mutex::locking>;
  using awaiting = typename S::template waiting<typename S::event::awaiting>;

  S& scheduler_;
  cancel::context<S>& shared_;
  bool locked_ = false;
  std::variant<locking, awaiting, typename S::sleeping, awaiting> waits_;
};

template <poll_scheduler S, class Wait>
void spawn_waiter(S& scheduler, cancel::context<S>& shared, std::size_t index, const Wait& wait) {
  using waiting = typename S::template waiting<Wait>;
  scheduler.template spawn<wait_future<S, waiting>>(scheduler, shared, index, wait);
}

/// Spawns task number `index`. `shared` must outlive it.
template <poll_scheduler S>
void spawn_task(S& scheduler, cancel::context<S>& shared, std::size_t index) {
  switch (shared.what()) {
    case wait::sleep:
      return scheduler.template spawn<wait_future<S, typename S::sleeping_on>>(
          scheduler, shared, index, shared.timer_of(index), shared.due_ns(index));
    case wait::receive:
      return spawn_waiter(scheduler, shared, index, shared.receive());
    case wait::lock:
      return spawn_waiter(scheduler, shared, index, shared.lock_unless_cancelled());
  }
}
template <poll_scheduler S>
void spawn_canceller(S& scheduler, cancel::context<S>& shared) {
  scheduler.template spawn<cancel_future<S>>(scheduler, shared);
}

}  // namespace skein::cancel
