// What the tasks of fanout share: what is done, and the first limit that one of them met. Each task
// writes its result into a place of its parent, which reads it once it has joined its scope.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>

#include "runtimes/clock.hpp"
#include "runtimes/errors.hpp"
#include "runtimes/scheduler.hpp"
#include "workloads/error_log.hpp"
#include "workloads/fanout/tree.hpp"
#include "workloads/progress.hpp"
#include "workloads/styles.hpp"

namespace skein::fanout {

/// The results of a task's children, in their order.
class results {
 public:
  std::uint64_t& of(std::size_t child) noexcept { return of_[child]; }
  std::uint64_t sum() const noexcept {
    return std::accumulate(of_.begin(), of_.end(), std::uint64_t{0});
  }

 private:
  std::array<std::uint64_t, fan> of_{};
};

template <scope_scheduler S>
class context {
 public:
  explicit context(const parameters& asked)
      : asked_(asked),
        steps_(asked.work.value_or(0)),
        progress_(static_cast<std::uint64_t>(asked.tasks)) {}

  void set_epoch(time_ns epoch_ns) noexcept { epoch_ns_ = epoch_ns; }
  time_ns epoch_ns() const noexcept { return epoch_ns_; }
  leaves all() const noexcept { return all_leaves(asked_); }

  /// Leaf `index` has its turn: what it gives.
  std::uint64_t leaf(std::size_t index) noexcept {
    const std::uint64_t worked_out = worked(asked_.seed, steps_);
    progress_.add_one();
    return value_of(asked_.seed, index) ^ worked_out;
  }
  /// The root has the sum.
  void finish(std::uint64_t sum) noexcept { progress_.finish(sum); }

  /// Calls `spawn`, which spawns a task. A limit of the machine ends the run.
  template <class Spawn>
  void spawn_within_limits(S& scheduler, Spawn&& spawn) {
    try {
      spawn();
    } catch (const limit_error& reached) {
      limits_.add(reached);
      scheduler.stop();
    }
  }
  /// Throws the limit that a task met, if one did.
  void rethrow_limit() const { limits_.rethrow_limit(); }

  auto& progress() noexcept { return progress_; }
  const auto& progress() const noexcept { return progress_; }

 private:
  const parameters asked_;
  const std::int64_t steps_;  ///< of work in each leaf
  time_ns epoch_ns_ = 0;
  workloads::progress<workloads::tasks_of<S>> progress_;
  workloads::error_log limits_;
};

}  // namespace skein::fanout
