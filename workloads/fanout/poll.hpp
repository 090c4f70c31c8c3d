// The tasks of fanout in the poll style: a leaf, one with children, and the root. Each is the state
// machine that a compiler makes of an async function.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "runtimes/scheduler.hpp"
#include "workloads/fanout/context.hpp"

namespace skein::fanout {

template <poll_timers S>
class leaf_future : pinned {
 public:
  using output = nothing;

  leaf_future(fanout::context<S>& shared, std::size_t index, std::uint64_t& result) noexcept
      : shared_(shared), index_(index), result_(result) {}

  polled<nothing> poll(skein::context& /*with*/) {
    result_ = shared_.leaf(index_);
    return nothing{};
  }

 private:
  fanout::context<S>& shared_;
  std::size_t index_;
  std::uint64_t& result_;
};

/// Spawns children at its first poll, and is ready with their sum.
template <poll_timers S>
class dividing_future : pinned {
 public:
  using output = std::uint64_t;

  dividing_future(S& scheduler, fanout::context<S>& shared, leaves own) noexcept
      : scheduler_(scheduler), shared_(shared), own_(own), children_(scheduler) {}

  polled<std::uint64_t> poll(skein::context& with);

 private:
  void spawn(std::size_t child);

  S& scheduler_;
  fanout::context<S>& shared_;
  leaves own_;
  results given_;
  typename S::scope children_;
  std::optional<typename S::template waiting<typename S::scope::joining>> joined_;
};

template <poll_timers S>
class inner_future : pinned {
 public:
  using output = nothing;

  inner_future(S& scheduler, fanout::context<S>& shared, leaves own, std::uint64_t& result) noexcept
      : result_(result), divided_(scheduler, shared, own) {}

  polled<nothing> poll(skein::context& with) {
    const auto sum = divided_.poll(with);
    if (!sum) return not_ready;
    result_ = *sum;
    return nothing{};
  }

 private:
  std::uint64_t& result_;
  dividing_future<S> divided_;
};

template <poll_timers S>
polled<std::uint64_t> dividing_future<S>::poll(skein::context& with) {
  if (!joined_) {
    for (std::size_t child = 0; child < own_.children(); ++child) spawn(child);
    joined_.emplace(scheduler_, children_.join());
  }
  if (!joined_->poll(with)) return not_ready;
  return given_.sum();
}

template <poll_timers S>
void dividing_future<S>::spawn(std::size_t child) {
  const leaves its = own_.of_child(child);
  std::uint64_t& place = given_.of(child);
  if (its.is_one()) {
    scheduler_.template spawn<leaf_future<S>>(children_, shared_, its.first, place);
  } else {
    scheduler_.template spawn<inner_future<S>>(children_, scheduler_, shared_, its, place);
  }
}

template <poll_timers S>
class root_future : pinned {
 public:
  using output = nothing;

  root_future(S& scheduler, fanout::context<S>& shared)
      : shared_(shared),
        sleep_(scheduler, shared.epoch_ns()),
        divided_(scheduler, shared, shared.all()) {}

  polled<nothing> poll(skein::context& with) {
    if (state_ == state::asleep) {
      const auto how = sleep_.poll(with);
      if (!how) return not_ready;
      if (*how == wake::cancelled) return nothing{};
      state_ = state::dividing;
    }
    const auto sum = divided_.poll(with);
    if (!sum) return not_ready;
    shared_.finish(*sum);
    return nothing{};
  }

 private:
  enum class state : std::uint8_t { asleep, dividing };

  fanout::context<S>& shared_;
  state state_ = state::asleep;
  typename S::sleeping sleep_;
  dividing_future<S> divided_;
};

/// Spawns the root. `shared` must outlive it.
template <poll_timers S>
void spawn_root(S& scheduler, fanout::context<S>& shared) {
  scheduler.template spawn<root_future<S>>(scheduler, shared);
}

}  // namespace skein::fanout
