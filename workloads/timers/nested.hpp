// Patterns spread and storm where a task waits some calls down, or holds something meanwhile. The
// tasks are in the folder, a file for each style.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "runtimes/scheduler.hpp"
#include "workloads/nested_makers.hpp"
#include "workloads/nesting.hpp"
#include "workloads/program.hpp"
#include "workloads/styles.hpp"
#include "workloads/timers/sleepers.hpp"

namespace skein::timers {

template <class S>
class nested_sleepers;
/// Spawns a task of one depth that holds so many bytes.
template <class S>
using nested_spawn = void (*)(S& scheduler, nested_sleepers<S>& context, std::size_t index);

// Each is defined, for the runtimes of its style, where the tasks are.
template <direct_scheduler S>
nested_spawn<S> nested_spawn_for(const workloads::nesting& asked);
template <coroutine_scheduler S>
nested_spawn<S> nested_spawn_for(const workloads::nesting& asked);
template <callback_scheduler S>
nested_spawn<S> nested_spawn_for(const workloads::nesting& asked);
template <poll_scheduler S>
nested_spawn<S> nested_spawn_for(const workloads::nesting& asked);

/// What the sleepers share. How one is spawned is chosen once, for all of them.
template <class S>
class nested_sleepers : public sleepers<workloads::tasks_of<S>> {
 public:
  explicit nested_sleepers(const parameters& asked)
      : sleepers<workloads::tasks_of<S>>(asked),
        levels_below_(asked.nested.depth - 1),
        spawn_(nested_spawn_for<S>(asked.nested)) {}

  /// The levels between a task and its wait.
  [[nodiscard]] std::int64_t levels_below() const noexcept { return levels_below_; }

  void spawn(S& scheduler, std::size_t index) { spawn_(scheduler, *this, index); }

  /// As `fired`, for a task that held something.
  void woke(std::size_t index, time_ns now_ns, wake how, bool is_kept) noexcept {
    if (is_kept) return this->fired(index, now_ns, how);
    this->done().damaged();
  }

 private:
  std::int64_t levels_below_;
  nested_spawn<S> spawn_;
};

template <class S>
void spawn_task(S& scheduler, nested_sleepers<S>& context, std::size_t index) {
  context.spawn(scheduler, index);
}

// For the runtimes of one style each.
workloads::nested_maker<parameters> make_nested_direct;
workloads::nested_maker<parameters> make_nested_coroutine;
workloads::nested_maker<parameters> make_nested_callback;
workloads::nested_maker<parameters> make_nested_poll;

/// The program on a runtime of ours. Throws limit_error where the runtime has no such tasks.
inline std::unique_ptr<workloads::program> make_nested(std::string_view runtime,
                                                       const parameters& asked) {
  return workloads::make_by_any<parameters>(
      {make_nested_direct, make_nested_coroutine, make_nested_callback, make_nested_poll}, runtime,
      asked);
}

}  // namespace skein::timers
