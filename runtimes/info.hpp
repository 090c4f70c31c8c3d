// What a runtime says about itself: the row `skein list` prints and the conditions a result
// carries.
#pragma once

#include <string_view>

#include "runtimes/clock.hpp"

namespace skein {

/// Facts about one runtime. All strings are static.
struct runtime_info {
  std::string_view id;               ///< = folder = namespace = colour in every plot
  std::string_view style;            ///< direct | coroutine | callback | poll | none
  std::string_view task;             ///< what a waiting task is made of
  std::string_view loop;             ///< what it waits on
  std::string_view timer_source;     ///< what wakes a sleeper
  std::string_view library;          ///< "none" if the runtime is ours alone
  std::string_view library_version;  ///< as linked, not as compiled against
  std::string_view threads;          ///< how many threads serve N tasks, in words
  /// The finest grid of deadlines that it accepts, 1 for any; a cell with a finer grid ends as a
  /// limit and is not measured. Where the wheel is the timer source, its tick follows the grid down
  /// to this.
  time_ns timer_resolution_ns;
  /// How early a timer may fire. 0 by contract (clause T1); a library that breaks the clause is
  /// held to what it declares here, and its early fires are counted in every result.
  time_ns early_by_at_most_ns;
  /// Which scheduler_options it uses: a worker's conditions leave out the others.
  bool takes_inline_budget;
  bool takes_events_per_wait;
  bool takes_tick;
  /// Each task is a thread of the process, so limits on threads are limits on tasks.
  bool thread_per_task = false;
  /// Style `direct` on system stacks, so stack_bytes has no effect.
  bool stacks_from_system = false;

  /// True where a task's stack is of scheduler_options::stack_bytes.
  constexpr bool takes_stack_bytes() const noexcept {
    return style == "direct" && !stacks_from_system;
  }
  /// Receives into a ring of buffers that the kernel chooses from; the ring's size is one of the
  /// conditions.
  bool takes_receive_ring = false;
  /// Whether its timers can be kept in a heap instead of a wheel (scheduler_options::timers).
  bool takes_timers = false;
  /// Whether it can choose which of the tasks that can run runs next (scheduler_options::strategy).
  bool takes_strategy = false;
  /// Its tasks move among several threads, which are as many as scheduler_options::workers.
  bool takes_workers = false;
  /// Polls every task though nobody woke it, and so never waits while one is alive: its calls and
  /// instructions are of time that passes, not of work that is done.
  bool polls_unasked = false;
};

}  // namespace skein
