// Which runtimes a row is for, from the one list in runtimes/all.hpp. A runtime that is added there
// gets its rows here by its calling style and the number of threads that serve its tasks.
#pragma once

#include <string>

#include "runtimes/all.hpp"
#include "runtimes/info.hpp"
#include "runtimes/scheduler.hpp"

namespace skein::micro {

/// One thread serves all tasks: what they share needs no synchronisation, and a step of a task is
/// work of the program and not of the kernel.
inline bool is_single_threaded(const runtime_info& runtime) {
  return runtime.threads.starts_with("1");
}

/// Calls `visit.template operator()<S>(id)` for every single-threaded runtime of the interface.
template <class Visit>
void for_each_single_threaded(Visit&& visit) {
  interface_runtimes::for_each([&]<class S>() {
    if (is_single_threaded(S::info())) visit.template operator()<S>(std::string(S::info().id));
  });
}

/// Tasks with a stack each: a million of them take four gigabytes.
template <class S>
inline constexpr bool has_stacks = direct_scheduler<S>;

}  // namespace skein::micro
