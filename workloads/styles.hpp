// What the workloads need to know about a scheduler, beyond its style's verbs.
#pragma once

#include <cstddef>
#include <optional>

#include "runtimes/scheduler.hpp"
#include "runtimes/shared/stack_arena.hpp"
#include "workloads/tally.hpp"

namespace skein::workloads {

/// Whether tasks run on threads of their own; the scheduler says so.
template <class S>
inline constexpr tasks_on tasks_of =
    requires { requires S::tasks_run_in_parallel; } ? tasks_on::many_threads : tasks_on::one_thread;

/// The size of the task spawned last, where the runtime knows it: a coroutine's frame, a future and
/// its head.
///
/// @param shared  what the tasks share. Tasks that await children have several frames, of which
///                none is the task's.
template <class S, class Shared>
std::optional<std::size_t> frame_bytes_of(const Shared& shared) {
  if constexpr (coroutine_scheduler<S> && requires { shared.levels_below(); }) {
    if (shared.levels_below() > 0) return std::nullopt;
  }
  if constexpr (requires { S::frame_bytes(); }) {
    return S::frame_bytes();
  } else {
    return std::nullopt;
  }
}

/// How the scheduler's stacks are guarded, where it has stacks of its own.
template <class S>
std::optional<guard_kind> stack_guard_of(const S& scheduler) {
  if constexpr (requires { scheduler.stack_guard(); }) {
    return scheduler.stack_guard();
  } else {
    return std::nullopt;
  }
}

}  // namespace skein::workloads
