// Which runtimes a row is for, from the one list in runtimes/all.hpp: a runtime that is added there
// has its rows here, by its calling style and by how many threads serve its tasks.
#pragma once

#include <string>

#include "runtimes/all.hpp"
#include "runtimes/info.hpp"
#include "runtimes/scheduler.hpp"

namespace skein::micro {

/// One thread serves all tasks: what they share needs no synchronisation, and a step of theirs is
/// the program's own work and not the kernel's.
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

/// Tasks with a stack of their own: a million of them are four gigabytes.
template <class S>
inline constexpr bool has_stacks = direct_scheduler<S>;

}  // namespace skein::micro
