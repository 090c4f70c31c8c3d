// A task of a scope in the direct style: its work, which tells the scope when it is over.
#pragma once

#include <utility>

namespace skein {

/// Spawns `work`, counted in `within`. What the work holds goes before the scope is told. Throws
/// what spawn throws.
template <class Scheduler, class Work>
void spawn_in_scope(Scheduler& on, typename Scheduler::scope& within, Work&& work) {
  within.begin_one();
  try {
    on.spawn([&within, does = std::forward<Work>(work)]() mutable {
      {
        auto last_of_it = std::move(does);
        last_of_it();
      }
      within.end_one();
    });
  } catch (...) {
    within.end_one();
    throw;
  }
}

}  // namespace skein
