// Acts in the coroutine style: a request is a co_await in the runtime's own task, which resumes the
// act in between.
#pragma once

#include "tests/contract/act.hpp"
#include "tests/contract/any_wait.hpp"
#include "tests/contract/stage.hpp"

namespace skein::contract {

template <coroutine_scheduler S>
struct adapter<S> {
  using part = plain_part<S>;

  static void spawn(S& scheduler, actor& task) { scheduler.spawn(perform(scheduler, task)); }
  static void spawn(S& scheduler, actor& task, talk_object& scope)
    requires sync_scheduler<S>
  {
    scheduler.spawn(own<typename S::scope>(scope), perform(scheduler, task));
  }

 private:
  static typename S::task perform(S& scheduler, actor& task) {
    typename S::connection* accepted = nullptr;
    while (task.proceed()) {
      const auto& asked = task.asked();
      auto& answered = task.answered();
      switch (asked.what) {
        case verb::none:
          break;
        case verb::yield:
          co_await scheduler.yield();
          break;
        case verb::sleep:
          answered.how = co_await scheduler.sleep_until(asked.deadline_ns);
          break;
        case verb::sleep_on_timer:
          answered.how = co_await scheduler.sleep_until(own<S>(*asked.on), asked.deadline_ns);
          break;
        case verb::accept:
          accepted = co_await scheduler.accept(own<S>(*asked.from));
          answered.accepted = task.on().template adopted<S>(accepted);
          break;
        case verb::read:
          answered.chunk = co_await scheduler.read(own<S>(*asked.peer));
          break;
        case verb::read_until:
          if constexpr (read_deadline_scheduler<S>) {
            answered.in_time = co_await scheduler.read(own<S>(*asked.peer), asked.deadline_ns);
          }
          break;
        case verb::write:
          answered.written = co_await scheduler.write(own<S>(*asked.peer), asked.data);
          break;
        case verb::talk:
          if constexpr (sync_scheduler<S>) {
            any_wait<S> wait(scheduler, asked);
            answered.talked = co_await scheduler.until(wait);
          }
          break;
      }
    }
  }
};

}  // namespace skein::contract
