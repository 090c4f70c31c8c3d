// The tasks of fanout in the callback style: a leaf, one with children, and the root. Each is an
// object that names its next step, and deletes itself after the last.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtimes/scheduler.hpp"
#include "workloads/fanout/context.hpp"

namespace skein::fanout {

template <callback_scheduler S>
class leaf_session {
 public:
  leaf_session(S& scheduler, context<S>& shared, typename S::scope& within, std::size_t index,
               std::uint64_t& result) noexcept
      : scheduler_(scheduler), shared_(shared), within_(within), index_(index), result_(result) {}

  void start() {
    result_ = shared_.leaf(index_);
    S& scheduler = scheduler_;
    typename S::scope& within = within_;
    delete this;
    scheduler.task_done(within);
  }

 private:
  S& scheduler_;
  context<S>& shared_;
  typename S::scope& within_;
  std::size_t index_;
  std::uint64_t& result_;
};

/// A task with children; the one that has no scope to end in is the root.
template <callback_scheduler S>
class dividing_session {
 public:
  dividing_session(S& scheduler, context<S>& shared, typename S::scope* within, leaves own,
                   std::uint64_t* result) noexcept
      : scheduler_(scheduler),
        shared_(shared),
        within_(within),
        own_(own),
        result_(result),
        children_(scheduler),
        joined_(children_.join()) {}

  void wait_for_epoch() {
    scheduler_.template sleep_until<&dividing_session::on_epoch>(timer_, shared_.epoch_ns(), this);
  }
  void start() {
    for (std::size_t child = 0; child < own_.children(); ++child) spawn(child);
    scheduler_.template until<&dividing_session::on_joined>(joined_, this);
  }

 private:
  void on_epoch(wake how) {
    if (how == wake::cancelled) return end();
    start();
  }

  void spawn(std::size_t child) {
    const leaves its = own_.of_child(child);
    std::uint64_t& place = given_.of(child);
    if (its.is_one()) {
      using session = leaf_session<S>;
      scheduler_.template spawn<&session::start>(
          children_, new session(scheduler_, shared_, children_, its.first, place));
    } else {
      scheduler_.template spawn<&dividing_session::start>(
          children_, new dividing_session(scheduler_, shared_, &children_, its, &place));
    }
  }

  void on_joined(bool) {
    if (result_ != nullptr) {
      *result_ = given_.sum();
    } else {
      shared_.finish(given_.sum());
    }
    end();
  }
  void end() {
    S& scheduler = scheduler_;
    typename S::scope* const within = within_;
    delete this;
    if (within != nullptr) return scheduler.task_done(*within);
    scheduler.task_done();
  }

  S& scheduler_;
  context<S>& shared_;
  typename S::scope* within_;
  leaves own_;
  std::uint64_t* result_;
  results given_;
  typename S::timer timer_;
  typename S::scope children_;
  typename S::template waiting<typename S::scope::joining> joined_;
};

/// Spawns the root. `shared` must outlive it.
template <callback_scheduler S>
void spawn_root(S& scheduler, context<S>& shared) {
  using session = dividing_session<S>;
  auto* const root = new session(scheduler, shared, nullptr, shared.all(), nullptr);
  scheduler.template spawn<&session::wait_for_epoch>(root);
}

}  // namespace skein::fanout
