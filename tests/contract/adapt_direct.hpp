// Acts in the direct style: a request is a blocking call.
#pragma once

#include "tests/contract/act.hpp"
#include "tests/contract/any_wait.hpp"
#include "tests/contract/stage.hpp"

namespace skein::contract {

template <direct_scheduler S>
struct adapter<S> {
  using part = plain_part<S>;

  static void spawn(S& scheduler, actor& task) {
    scheduler.spawn([&scheduler, &task] {
      while (task.proceed()) serve(scheduler, task);
    });
  }
  static void spawn(S& scheduler, actor& task, talk_object& scope)
    requires sync_scheduler<S>
  {
    auto& within = own<typename S::scope>(scope);
    const auto does = [&scheduler, &task] {
      while (task.proceed()) serve(scheduler, task);
    };
    if constexpr (requires { scheduler.spawn(within, does); }) {  // a liar may have hidden it
      scheduler.spawn(within, does);
    }
  }

 private:
  static void serve(S& scheduler, actor& task) {
    const auto& asked = task.asked();
    auto& answered = task.answered();
    switch (asked.what) {
      case verb::none:
        return;
      case verb::yield:
        scheduler.yield();
        return;
      case verb::sleep:
        answered.how = scheduler.sleep_until(asked.deadline_ns);
        return;
      case verb::sleep_on_timer:
        answered.how = scheduler.sleep_until(own<S>(*asked.on), asked.deadline_ns);
        return;
      case verb::accept:
        answered.accepted = task.on().template adopted<S>(scheduler.accept(own<S>(*asked.from)));
        return;
      case verb::read:
        answered.chunk = scheduler.read(own<S>(*asked.peer));
        return;
      case verb::read_until:
        if constexpr (read_deadline_scheduler<S>) {
          answered.in_time = scheduler.read(own<S>(*asked.peer), asked.deadline_ns);
        }
        return;
      case verb::write:
        answered.written = scheduler.write(own<S>(*asked.peer), asked.data);
        return;
      case verb::talk:
        if constexpr (sync_scheduler<S>) {
          answered.talked = scheduler.until(any_wait<S>(scheduler, asked));
        }
        return;
    }
  }
};

}  // namespace skein::contract
