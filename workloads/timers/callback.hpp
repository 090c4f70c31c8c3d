// A sleeping task in the callback style: an object with its timer, which deletes itself when it
// wakes.
#pragma once

#include <cstddef>

#include "runtimes/clock.hpp"
#include "runtimes/scheduler.hpp"

namespace skein::timers {

/// Sleeps once, to the deadline that is its own, and reports when it woke.
template <callback_scheduler S, class Context>
class sleeper {
 public:
  sleeper(S& scheduler, Context& context, std::size_t index) noexcept
      : scheduler_(scheduler), context_(context), index_(index) {}

  void start() {
    scheduler_.template sleep_until<&sleeper::on_wake>(timer_, context_.due_ns(index_), this);
  }

 private:
  void on_wake(wake how) {
    context_.fired(index_, monotonic_clock::now_ns(), how);
    S& scheduler = scheduler_;
    delete this;
    scheduler.task_done();
  }

  S& scheduler_;
  Context& context_;
  std::size_t index_;
  typename S::timer timer_;
};

/// Spawns the task number `index`. `context` must outlive it: due_ns(index) says until when it
/// sleeps, fired(index, now_ns, how) is told when it woke.
template <callback_scheduler S, class Context>
void spawn_sleeper(S& scheduler, Context& context, std::size_t index) {
  auto* made = new sleeper<S, Context>(scheduler, context, index);
  scheduler.template spawn<&sleeper<S, Context>::start>(made);
}

}  // namespace skein::timers
