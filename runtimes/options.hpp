// The conditions a runtime runs under. They have no defaults on purpose: a default that differed
// between two runtimes would be an unfair comparison that nobody wrote down. The command line fills
// every field, the worker echoes it, and the conductor compares.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtimes/clock.hpp"

namespace skein {

/// Who owns the bytes a read returns.
///   lent  the scheduler's scratch buffer, valid until the reading task next waits
///   own   a buffer of the connection, valid until its next read
///   runtime  the runtime decides. Workers in other languages may have no other; none of ours
///         serves it (workloads/c10k/workload.hpp).
enum class buffer_policy : std::uint8_t { lent, own, runtime };

/// How a loop keeps its timers: the hierarchical wheel, or a 4-ary heap to compare it with.
enum class timer_structure : std::uint8_t { wheel, heap };

/// Which of the tasks that can run runs next (ready_queue.hpp).
enum class run_strategy : std::uint8_t { fifo, lifo, priority };

struct scheduler_options {
  buffer_policy buffer;
  std::size_t buffer_bytes;       ///< most bytes one read returns
  std::size_t stack_bytes;        ///< stack of a task that has one (multiple of the page)
  std::size_t max_tasks;          ///< most tasks alive at once: what arenas are sized for
  std::uint32_t inline_budget;    ///< operations in a row that may finish without the loop (O5)
  std::uint32_t events_per_wait;  ///< most events taken from the kernel at once
  time_ns tick_ns;                ///< timer wheel tick
  timer_structure timers;         ///< ignored where there is no choice (runtime_info::takes_timers)
  run_strategy strategy;          ///< likewise (runtime_info::takes_strategy)
  std::size_t workers;            ///< threads that run tasks (runtime_info::takes_workers)
};

}  // namespace skein
